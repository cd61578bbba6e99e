package dev.corral.server.generation;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Watches for silence in a run of events, and says when it has lasted as long as it may, again and again while it goes on.
 * All runs share one timer, which is touched once in a while rather than at each event.
 *
 * <p>Thread-safe.
 */
final class Silence implements AutoCloseable {

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private final long most;
    private final Runnable tell;
    private volatile long since = System.nanoTime();
    private volatile boolean closed;
    private volatile Future<?> next;

    private Silence(Duration most, Runnable tell) {
        this.most = most.toNanos();
        this.tell = tell;
        this.next = TIMER.schedule(this::look, this.most, TimeUnit.NANOSECONDS);
    }

    /**
     * Begins to watch.
     *
     * @param tell called on the timer's thread; it must return at once
     */
    static Silence longerThan(Duration most, Runnable tell) {
        return new Silence(most, tell);
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("corral-silence").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** Something happened. */
    void broken() {
        since = System.nanoTime();
    }

    /** How many runs are watched now; for tests. */
    static int watched() {
        return TIMER.getQueue().size();
    }

    private void look() {
        long left = most - (System.nanoTime() - since);
        if (left <= 0) {
            tell.run();
            since = System.nanoTime();
            left = most;
        }
        next = TIMER.schedule(this::look, left, TimeUnit.NANOSECONDS);
        if (closed) {
            next.cancel(false);
        }
    }

    @Override
    public void close() {
        closed = true;
        next.cancel(false);
    }
}
