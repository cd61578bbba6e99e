package dev.corral.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * The receiving end of one {@link Generate}: its events in order, ending with one {@link Event.Finished} for each
 * completion asked for, or one {@link Event.Failed} for all of them.
 *
 * <p>Ownership: the submitter's. {@link #close} cancels what still runs, so a generation in a try-with-resources never
 * keeps its slot. Events wait in the generation's own queue: a slow reader delays nobody else.
 *
 * <p>Threads: one thread reads; any thread may cancel.
 */
public interface Generation extends AutoCloseable {

    /** Unique within its engine. */
    long id();

    /**
     * The next event, waiting for it.
     *
     * @throws IllegalStateException after the last event
     */
    Event next() throws InterruptedException;

    /** The next event, or empty when none arrives in time, or the reader is {@linkplain #wake woken}. */
    Optional<Event> next(Duration timeout) throws InterruptedException;

    /**
     * The next event, waiting for it, or empty when the reader is {@linkplain #wake woken} meanwhile. Cheaper than a wait
     * that is limited in time, which starts and ends a timer for each event.
     *
     * @throws IllegalStateException after the last event
     */
    Optional<Event> nextUnlessWoken() throws InterruptedException;

    /** Lets the reader go on without an event, now or in its next wait. Any thread may call it. */
    void wake();

    /** True once the last event was taken. */
    boolean ended();

    /** Asks the engine to stop; takes effect at its next step. Idempotent, and harmless after the end. */
    void cancel();

    @Override
    default void close() {
        cancel();
    }
}
