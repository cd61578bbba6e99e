package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.QueuedGeneration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** A generation that a worker runs: whoever reads the connection delivers its events. */
final class WorkerGeneration extends QueuedGeneration {

    private final LongConsumer onCancel;
    private final CompletableFuture<Optional<EngineError>> admission = new CompletableFuture<>();

    /** @param onCancel called once with the id, by the cancelling thread */
    WorkerGeneration(long id, Generate request, LongConsumer onCancel) {
        super(id, request);
        this.onCancel = onCancel;
    }

    /** Takes an event from the worker; what comes after the last one is dropped. True for the last one. */
    boolean happened(Event event) {
        boolean last = deliver(event);
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
    protected void cancelled() {
        onCancel.accept(id());
    }
}
