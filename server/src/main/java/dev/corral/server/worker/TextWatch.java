package dev.corral.server.worker;

import dev.corral.engine.local.LocalEngine;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Ends the worker when native work on text takes too long: a chat template that loops can't be stopped otherwise, and
 * everybody else's text would wait behind it. Its request then fails as at any other death.
 *
 * @param longest how long the slowest of such work has been running by now
 * @param limit how long it may
 */
record TextWatch(Supplier<Duration> longest, Duration limit) {

    /** Overrides the limit, in milliseconds; only what starts the worker's JVM can set it. */
    static final String LIMIT_PROPERTY = "corral.worker.text.limit";

    private static final System.Logger LOG = System.getLogger(TextWatch.class.getName());
    private static final int LOOKS = 10;

    static Duration configuredLimit() {
        return Duration.ofMillis(Long.getLong(LIMIT_PROPERTY, LocalEngine.TEXT_LIMIT.toMillis()));
    }

    void start() {
        Thread.ofPlatform().daemon().name("corral-text-watch").start(this::watch);
    }

    private void watch() {
        try {
            while (longest.get().compareTo(limit) <= 0) {
                Thread.sleep(limit.dividedBy(LOOKS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        LOG.log(
                System.Logger.Level.ERROR,
                "a tokenizer, chat template or grammar did not end within {0} ms",
                Long.toString(limit.toMillis()));
        Runtime.getRuntime().halt(WorkerMain.FAULT);
    }
}
