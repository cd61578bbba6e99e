package dev.corral.server.generation;

import dev.corral.engine.Timings;

/**
 * Timings of a completion that is still running, by the clock of the request's thread.
 *
 * <p>Used by that thread only.
 */
public final class LiveTimings {

    private long started = System.nanoTime();
    private long first;
    private long last;

    /** The completion is in a slot. */
    public void started() {
        started = System.nanoTime();
    }

    /** New tokens came. */
    public void advanced() {
        last = System.nanoTime();
        if (first == 0) {
            first = last;
        }
    }

    public Timings now() {
        return first == 0 ? new Timings(0, 0, 0) : new Timings(0, first - started, last - first);
    }
}
