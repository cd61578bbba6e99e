package dev.corral.server.worker;

import java.time.Duration;

/**
 * How long to wait before a worker that died is started again: hardly at all after the first death, twice as long after each
 * further one that follows soon. Thread-safe.
 */
final class RestartDelay {

    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** Who lived so long did not die of how it was started. */
    private static final Duration HEALTHY = Duration.ofSeconds(10);

    private int deaths;
    private long loadBegun = System.nanoTime();
    private long loadNanos;
    private long loadedAt = System.nanoTime();

    synchronized void loading() {
        loadBegun = System.nanoTime();
    }

    synchronized void loaded() {
        loadedAt = System.nanoTime();
        loadNanos = loadedAt - loadBegun;
    }

    synchronized void died() {
        deaths = loadedAt > loadBegun && System.nanoTime() - loadedAt > HEALTHY.toNanos() ? 1 : deaths + 1;
    }

    /** How long to wait now. */
    synchronized Duration next() {
        Duration delay = FIRST.multipliedBy(1L << Math.clamp(deaths - 1, 0, 20));
        return delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
    }

    /** When it may be worth for a client to come back. */
    synchronized Duration untilLoaded() {
        long seconds = (next().toNanos() + loadNanos) / 1_000_000_000;
        return Duration.ofSeconds(Math.clamp(seconds, 1, 60));
    }
}
