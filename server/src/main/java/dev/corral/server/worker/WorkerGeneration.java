package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.EventQueue;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * A generation that a worker runs. Its queue holds at most what one context can generate, so that whoever reads the
 * connection never waits for whoever reads a generation.
 */
final class WorkerGeneration implements Generation {

    private final long id;
    private final Generate request;
    private final LongConsumer onCancel;
    private final EventQueue events;
    private final CompletableFuture<Optional<EngineError>> admission = new CompletableFuture<>();
    private int unfinished;
    private boolean closedToSending;
    private boolean cancelled;

    /** @param onCancel called once with the id, by the cancelling thread */
    WorkerGeneration(long id, Generate request, LongConsumer onCancel) {
        this.id = id;
        this.request = request;
        this.events = new EventQueue(id, request.completions());
        this.onCancel = onCancel;
        this.unfinished = request.completions();
    }

    Generate request() {
        return request;
    }

    /** Delivers an event; what comes after the last one is dropped. True for the last one. */
    boolean deliver(Event event) {
        boolean last;
        synchronized (this) {
            if (closedToSending) {
                return false;
            }
            last = event instanceof Event.Failed || (event instanceof Event.Finished && --unfinished == 0);
            closedToSending = last;
            events.add(event);
        }
        admission.complete(Optional.empty());
        return last;
    }

    /** The engine did not take it. */
    void decline(EngineError error) {
        admission.complete(Optional.of(error));
    }

    /**
     * Waits until the engine has taken it, which is a matter of microseconds.
     *
     * @throws EngineException when it did not
     */
    void awaitAdmission() {
        Optional<EngineError> refusal = admission.join();
        if (refusal.isPresent()) {
            throw LoadFailure.exception(refusal.get());
        }
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Event next() throws InterruptedException {
        return events.next();
    }

    @Override
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        return events.next(timeout);
    }

    @Override
    public Optional<Event> nextUnlessWoken() throws InterruptedException {
        return events.nextUnlessWoken();
    }

    @Override
    public void wake() {
        events.wake();
    }

    @Override
    public boolean ended() {
        return events.ended();
    }

    @Override
    public void cancel() {
        synchronized (this) {
            if (cancelled || closedToSending) {
                return;
            }
            cancelled = true;
        }
        onCancel.accept(id);
    }
}
