package dev.corral.server.http;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A file that is served as it is, or as it was compressed beforehand. Immutable; the arrays are never changed.
 */
public final class StaticFile {

    /** How long a client may keep a file without asking. */
    public enum Freshness {
        /** Its name changes with its content. */
        FOREVER("public, max-age=31536000, immutable"),
        /** A client asks each time, and learns that nothing has changed. */
        ASK("no-cache");

        private final String cacheControl;

        Freshness(String cacheControl) {
            this.cacheControl = cacheControl;
        }
    }

    private static final int TAG_BYTES = 12;

    private final String type;
    private final Freshness freshness;
    private final byte[] plain;
    private final Map<String, byte[]> encodings;
    private final String tag;

    /**
     * @param type as Content-Type says it
     * @param encodings the same content by content coding, the one to prefer first
     */
    public StaticFile(String type, Freshness freshness, byte[] plain, Map<String, byte[]> encodings) {
        this.type = type;
        this.freshness = freshness;
        this.plain = plain.clone();
        this.encodings = new LinkedHashMap<>(encodings);
        this.tag = digest(plain);
    }

    /**
     * What to send to a client.
     *
     * @param encoding the content coding; empty for none
     * @param tag tells this content in this coding from others
     */
    @SuppressWarnings("ArrayRecordComponent") // read only, by the one who sends it
    record Representation(Optional<String> encoding, byte[] bytes, String tag) {}

    String type() {
        return type;
    }

    String cacheControl() {
        return freshness.cacheControl;
    }

    /** @param accepted what Accept-Encoding says */
    Representation accepting(String accepted) {
        for (Map.Entry<String, byte[]> coding : encodings.entrySet()) {
            if (accepts(accepted, coding.getKey())) {
                return new Representation(
                        Optional.of(coding.getKey()), coding.getValue(), "\"" + tag + "-" + coding.getKey() + "\"");
            }
        }
        return new Representation(Optional.empty(), plain, "\"" + tag + "\"");
    }

    private static boolean accepts(String accepted, String coding) {
        for (String entry : accepted.split(",")) {
            String[] parts = entry.strip().split(";");
            if (parts[0].strip().equalsIgnoreCase(coding)) {
                return parts.length == 1 || !parts[1].strip().matches("q=0(\\.0*)?");
            }
        }
        return false;
    }

    private static String digest(byte[] bytes) {
        try {
            byte[] sha = MessageDigest.getInstance("SHA-256").digest(bytes);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(sha).substring(0, TAG_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
