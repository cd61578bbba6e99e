package dev.corral.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The events of a generation on their way to its reader, for those who implement {@link Generation}. It knows which one
 * is the last. Any thread adds, and never waits; one thread reads.
 */
public final class EventQueue {

    private static final Object WAKE = new Object();

    /** Events, and {@link #WAKE}. */
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

    private final long id;
    private int unfinished;
    private boolean ended;

    /**
     * @param id the generation's, for messages
     * @param completions how many of them finish, unless it fails
     */
    public EventQueue(long id, int completions) {
        this.id = id;
        this.unfinished = completions;
    }

    public void add(Event event) {
        events.add(event);
    }

    /** Lets a reader in {@link #nextUnlessWoken} go on without an event. */
    public void wake() {
        events.add(WAKE);
    }

    /**
     * Takes the next event, waiting for it.
     *
     * @throws IllegalStateException after the last one
     */
    public Event next() throws InterruptedException {
        Optional<Event> event = Optional.empty();
        while (event.isEmpty()) {
            event = nextUnlessWoken();
        }
        return event.get();
    }

    /**
     * Takes the next event, waiting for it; empty when the reader was woken instead.
     *
     * @throws IllegalStateException after the last one
     */
    public Optional<Event> nextUnlessWoken() throws InterruptedException {
        requireMore();
        return taken(events.take());
    }

    /**
     * Takes the next event, waiting for it so long; empty when none came, or the reader was woken.
     *
     * @throws IllegalStateException after the last one
     */
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        requireMore();
        @Nullable Object event = events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        return event == null ? Optional.empty() : taken(event);
    }

    /** Whether the last event was taken. */
    public boolean ended() {
        return ended;
    }

    private void requireMore() {
        if (ended) {
            throw new IllegalStateException("generation " + id + " has ended");
        }
    }

    private Optional<Event> taken(Object taken) {
        if (!(taken instanceof Event event)) {
            return Optional.empty();
        }
        ended = event instanceof Event.Failed || (event instanceof Event.Finished && --unfinished == 0);
        return Optional.of(event);
    }
}
