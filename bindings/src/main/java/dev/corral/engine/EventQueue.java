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

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
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

    /**
     * Takes the next event, waiting for it.
     *
     * @throws IllegalStateException after the last one
     */
    public Event next() throws InterruptedException {
        requireMore();
        return taken(events.take());
    }

    /**
     * Takes the next event, waiting for it so long; empty when none came.
     *
     * @throws IllegalStateException after the last one
     */
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        requireMore();
        @Nullable Event event = events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        return event == null ? Optional.empty() : Optional.of(taken(event));
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

    private Event taken(Event event) {
        ended = event instanceof Event.Failed || (event instanceof Event.Finished && --unfinished == 0);
        return event;
    }
}
