package dev.corral.server.http;

import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Who has one API key, known by the key's digest only, and what is left of what that key may use. Thread-safe.
 */
final class Caller {

    /** A request that was let in, until its answer is ready. */
    interface Visit extends AutoCloseable {
        @Override
        void close();
    }

    /** Over once, however often it is closed: before its answer is sent, and after whatever became of it. */
    private final class Counted implements Visit {

        private boolean over;

        @Override
        public void close() {
            if (!over) {
                over = true;
                leave();
            }
        }
    }

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final int SHOWN = 8;

    private final byte[] digest;
    private final KeyLimits limits;
    private final LongSupplier clock;
    private final MinuteBudget requests;
    private final MinuteBudget tokens;
    private int running;

    /** @param clock nanoseconds from an arbitrary time */
    Caller(byte[] digest, KeyLimits limits, LongSupplier clock) {
        this.digest = digest.clone();
        this.limits = limits;
        this.clock = clock;
        long now = clock.getAsLong();
        this.requests = new MinuteBudget(limits.requests(), now);
        this.tokens = new MinuteBudget(limits.tokens(), now);
    }

    /** A name from which the key can't be learned. */
    String name() {
        return HexFormat.of().formatHex(digest, 0, SHOWN);
    }

    /** In time that does not depend on where they differ. */
    boolean has(byte[] presented) {
        return MessageDigest.isEqual(digest, presented);
    }

    boolean isLike(Caller other) {
        return has(other.digest) && limits.equals(other.limits);
    }

    /**
     * Lets one request in.
     *
     * @throws ApiException when that would be more than the key may use
     */
    synchronized Visit enter() {
        long now = clock.getAsLong();
        if (limits.concurrent() > 0 && running >= limits.concurrent()) {
            throw refusal(limits.concurrent() + " requests at once", SOON);
        }
        if (limits.tokens() > 0) {
            refuse(tokens.lacks(1, now), limits.tokens() + " tokens a minute");
        }
        if (limits.requests() > 0) {
            refuse(requests.lacks(1, now), limits.requests() + " requests a minute");
            requests.spend(1, now);
        }
        running++;
        return new Counted();
    }

    synchronized void spend(int amount) {
        if (limits.tokens() > 0) {
            tokens.spend(amount, clock.getAsLong());
        }
    }

    private synchronized void leave() {
        running--;
    }

    private static void refuse(Optional<Duration> wait, String limit) {
        if (wait.isPresent()) {
            throw refusal(limit, wait.get());
        }
    }

    private static ApiException refusal(String limit, Duration wait) {
        return new ApiException(ApiError.rateLimited("this API key may use " + limit + "; try again later", wait));
    }
}
