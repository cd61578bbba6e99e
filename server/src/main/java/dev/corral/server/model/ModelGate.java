package dev.corral.server.model;

import dev.corral.engine.Engine;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The way to the engine: shut while the model loads, the first time or after a fault, open while it is served, shut again
 * from the moment the server is asked to end. What passed it before goes on.
 *
 * <p>Ownership: the gate does not own the engine. Thread-safe.
 */
public final class ModelGate {

    private sealed interface State {
        record Loading() implements State {}

        record Open(Engine engine, long since) implements State {}

        record Shut() implements State {}
    }

    private final AtomicReference<State> state = new AtomicReference<>(new State.Loading());

    /**
     * The engine.
     *
     * @throws ApiException while the model loads, and once the server is ending
     */
    public Engine engine() {
        return passed().engine();
    }

    /** @throws ApiException while the model loads; a server that is ending still lives */
    public void requireLoaded() {
        if (state.get() instanceof State.Loading) {
            passed();
        }
    }

    /** When the model was ready, in seconds since 1970. */
    public long since() {
        return passed().since();
    }

    /** The model is loaded. */
    public void open(Engine engine) {
        State.Open open = new State.Open(engine, System.currentTimeMillis() / 1000);
        state.updateAndGet(before -> before instanceof State.Shut ? before : open);
    }

    /** Nothing passes from here on. */
    public void shut() {
        state.set(new State.Shut());
    }

    private State.Open passed() {
        return switch (state.get()) {
            case State.Open open when open.engine().ready() -> open;
            case State.Open _ -> throw new ApiException(ApiError.Kind.UNAVAILABLE, "Loading model");
            case State.Loading _ -> throw new ApiException(ApiError.Kind.UNAVAILABLE, "Loading model");
            case State.Shut _ -> throw new ApiException(ApiError.Kind.UNAVAILABLE, "Shutting down");
        };
    }
}
