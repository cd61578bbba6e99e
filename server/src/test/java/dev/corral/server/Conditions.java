package dev.corral.server;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what happens on other threads. */
public final class Conditions {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Conditions() {}

    public static void await(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("never came to be: " + what);
            }
            Thread.sleep(1);
        }
    }
}
