package dev.corral.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A generation whose events wait in a queue of its own, for those who implement an {@link Engine}. The queue holds at most
 * what one context can generate, so whoever delivers never waits for whoever reads.
 *
 * <p>Threads: one reads; any thread may deliver or cancel.
 */
public abstract class QueuedGeneration implements Generation {

    private static final Object WAKE = new Object();

    /** Events, and {@link #WAKE}. */
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

    private final long id;
    private final Generate request;

    /** Of what was delivered; guarded by this object's lock, as {@link #cancelled} is written. */
    private final Ending delivered;

    /** Of what was read; the reader's. */
    private final Ending taken;

    private volatile boolean cancelled;

    /** @param id unique within the engine */
    protected QueuedGeneration(long id, Generate request) {
        this.id = id;
        this.request = request;
        this.delivered = new Ending(request.completions());
        this.taken = new Ending(request.completions());
    }

    /** Called once, by the cancelling thread, unless the last event was delivered before. */
    protected abstract void cancelled();

    /** Delivers an event; what comes after the last one is dropped. True for the last one. */
    protected final synchronized boolean deliver(Event event) {
        if (delivered.isReached()) {
            return false;
        }
        boolean last = delivered.isReachedBy(event);
        pass(event, last);
        return last;
    }

    /** Passes an event on to the reader's queue. Called under this object's lock. */
    protected void pass(Event event, boolean last) {
        events.add(event);
    }

    /** Whether the last event was delivered; it may not have been read yet. */
    public final synchronized boolean isComplete() {
        return delivered.isReached();
    }

    public final boolean isCancelled() {
        return cancelled;
    }

    @Override
    public final long id() {
        return id;
    }

    public final Generate request() {
        return request;
    }

    @Override
    public final Event next() throws InterruptedException {
        Optional<Event> event = Optional.empty();
        while (event.isEmpty()) {
            event = nextUnlessWoken();
        }
        return event.get();
    }

    @Override
    public final Optional<Event> nextUnlessWoken() throws InterruptedException {
        requireMore();
        return taken(events.take());
    }

    @Override
    public final Optional<Event> next(Duration timeout) throws InterruptedException {
        requireMore();
        @Nullable Object next = events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        return next == null ? Optional.empty() : taken(next);
    }

    @Override
    public final void wake() {
        events.add(WAKE);
    }

    @Override
    public final boolean ended() {
        return taken.isReached();
    }

    private void requireMore() {
        if (ended()) {
            throw new IllegalStateException("generation " + id + " has ended");
        }
    }

    private Optional<Event> taken(Object next) {
        if (!(next instanceof Event event)) {
            return Optional.empty();
        }
        taken.isReachedBy(event);
        return Optional.of(event);
    }

    @Override
    public final void cancel() {
        synchronized (this) {
            if (cancelled || delivered.isReached()) {
                return;
            }
            cancelled = true;
        }
        cancelled();
    }
}
