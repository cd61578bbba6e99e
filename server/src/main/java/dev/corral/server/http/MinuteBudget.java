package dev.corral.server.http;

import java.time.Duration;
import java.util.Optional;

/**
 * So much a minute, refilled evenly, with a minute's worth to spend at once. What is used before its amount is known may
 * overdraw it; nothing more is granted until that is made up for. Not thread-safe; times are nanoseconds.
 */
final class MinuteBudget {

    private static final double MINUTE = 60e9;

    private final int aMinute;
    private double left;
    private long at;

    MinuteBudget(int aMinute, long now) {
        this.aMinute = aMinute;
        this.left = aMinute;
        this.at = now;
    }

    /** How long until at least {@code amount} is left; empty when it is. */
    Optional<Duration> lacks(double amount, long now) {
        refill(now);
        return left >= amount
                ? Optional.empty()
                : Optional.of(Duration.ofNanos((long) Math.ceil((amount - left) * MINUTE / aMinute)));
    }

    void spend(double amount, long now) {
        refill(now);
        left -= amount;
    }

    private void refill(long now) {
        left = Math.min(aMinute, left + (now - at) * aMinute / MINUTE);
        at = now;
    }
}
