package dev.corral.engine;

/**
 * One loaded model that answers messages.
 *
 * <p>Ownership: whoever opened an engine closes it; closing fails what is still running with {@link
 * EngineError.Closed} and is idempotent.
 *
 * <p>Thread-safe: any thread may call any method.
 */
public interface Engine extends AutoCloseable {

    /** The model that is loaded; constant for the life of the engine. */
    ModelInfo model();

    /**
     * Puts a generation on the engine's queue and returns at once.
     *
     * @throws EngineException with {@link EngineError.Busy} when the queue is full, with {@link EngineError.Closed}
     *     after {@link #close}; every other error arrives as the generation's {@link Event.Failed}
     */
    Generation submit(Generate request);

    /**
     * Answers a question that generates nothing, blocking the caller (a virtual thread, normally) until it is there.
     *
     * @throws EngineException when the question can't be answered
     * @throws InterruptedException when the calling thread is interrupted while it waits
     */
    <R extends Reply> R ask(Query<R> query) throws InterruptedException;

    /** What the engine is doing at this moment; cheap enough to ask every second. */
    EngineStats stats();

    /** False while an engine that was open can't be used for a while, such as when its process is started again. */
    default boolean ready() {
        return true;
    }

    @Override
    void close();
}
