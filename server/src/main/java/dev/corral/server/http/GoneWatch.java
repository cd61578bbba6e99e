package dev.corral.server.http;

import java.util.concurrent.atomic.AtomicBoolean;

/** A watch that is told by who reads the connection. Thread-safe. */
final class GoneWatch implements ClientWatch {

    private final Runnable gone;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean left;

    /** @param gone runs once, unless the watch is closed before */
    GoneWatch(Runnable gone) {
        this.gone = gone;
    }

    void clientLeft() {
        left = true;
        if (over.compareAndSet(false, true)) {
            gone.run();
        }
    }

    @Override
    public boolean left() {
        return left;
    }

    @Override
    public void close() {
        over.set(true);
    }
}
