package dev.corral.server.generation;

import dev.corral.engine.InvalidRequestException;
import dev.corral.server.http.Fields;

/**
 * Whose cached prefixes a request shares: those of its API key, unless the server shares them among all keys. A request's
 * {@code cache_salt}, a field of vLLM's, narrows that to the requests with the same salt; it can't widen it.
 */
public final class CachePartition {

    private static final int MAX_SALT = 512;

    private CachePartition() {}

    /**
     * @param caller a name for the request's API key, without '/'; "" when no keys are configured
     * @param shared whether all keys share their prefixes
     */
    public static String of(Fields fields, String caller, boolean shared) {
        String salt = fields.text("cache_salt").orElse("");
        if (fields.has("cache_salt") && (salt.isEmpty() || salt.length() > MAX_SALT)) {
            // a salt is a secret: its length is shown, and nothing of it
            throw new InvalidRequestException(
                    "cache_salt", salt.length() + " characters long", "must have 1 to " + MAX_SALT + " characters");
        }
        String owner = of(caller, shared);
        return salt.isEmpty() ? owner : owner + "/" + salt;
    }

    /** The partition of requests without a salt. */
    public static String of(String caller, boolean shared) {
        return shared ? "" : caller;
    }
}
