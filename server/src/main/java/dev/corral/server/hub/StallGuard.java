package dev.corral.server.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * Closes a stream that brings nothing for too long, so that its reader sees an end.
 *
 * <p>Used by the reader's thread, beside one of its own.
 */
final class StallGuard implements AutoCloseable {

    private final Thread watch;
    private final long patience;
    private volatile long lastMove = System.nanoTime();
    private volatile boolean stalled;

    StallGuard(InputStream stream, Duration patience) {
        this.patience = patience.toNanos();
        this.watch = Thread.ofVirtual().name("corral-download-stall").start(() -> watch(stream));
    }

    /** Something came. */
    void moved() {
        lastMove = System.nanoTime();
    }

    boolean stalled() {
        return stalled;
    }

    private void watch(InputStream stream) {
        try {
            for (long left = patience; left > 0; left = patience - (System.nanoTime() - lastMove)) {
                Thread.sleep(Duration.ofNanos(left));
            }
            stalled = true;
            stream.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        watch.interrupt();
    }
}
