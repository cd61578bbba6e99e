package dev.corral.server.model;

import dev.corral.engine.Engine;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The way to a model's engine: shut while it loads, the first time, again or after a fault, open while it is served, shut again
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
    private final Optional<Catalogue> catalogue;

    /** For the only model of a server. */
    public ModelGate() {
        this.catalogue = Optional.empty();
    }

    /** @param catalogue of the models that this one is one of, or that the gate of no model is beside */
    public ModelGate(Catalogue catalogue) {
        this.catalogue = Optional.of(catalogue);
    }

    /** The use of a model that a client names when it has begun to talk; the model stays until it is closed. */
    public static final class Visit implements AutoCloseable {

        private final ModelGate gate;
        private final Optional<Lease> lease;

        private Visit(ModelGate gate, Optional<Lease> lease) {
            this.gate = gate;
            this.lease = lease;
        }

        /** As {@link ModelGate#engine}. */
        public Engine engine() {
            return gate.engine();
        }

        @Override
        public void close() {
            lease.ifPresent(Lease::close);
        }
    }

    /**
     * The model of a name where there are several, else this one.
     *
     * @throws ApiException when it can't be had
     */
    public Visit visit(Optional<String> name) throws InterruptedException {
        if (catalogue.isEmpty()) {
            return new Visit(this, Optional.empty());
        }
        Lease lease = catalogue.get().lease(name);
        return new Visit(lease.model().gate(), Optional.of(lease));
    }

    /**
     * Says how long this model is to stay after its last use, as {@link Catalogue#keep}, and returns how long it will: for ever
     * where it is pinned, or the only one of its server.
     */
    public Duration keep(Duration stay) {
        return catalogue.stream()
                .flatMap(all -> all.models().stream()
                        .filter(model -> model.gate() == this)
                        .map(model -> {
                            all.keep(model, stay);
                            return all.staysYet(model);
                        }))
                .findFirst()
                .orElse(ServedModel.EVER);
    }

    /**
     * Models that clients may let come and go.
     *
     * @throws ApiException where the operator does not allow it
     */
    public ModelDownloads downloads() {
        return catalogue
                .flatMap(Catalogue::downloads)
                .orElseThrow(() -> new ApiException(
                        ApiError.Kind.FORBIDDEN,
                        "this server neither downloads nor deletes models for its clients; --models-manage lets it"));
    }

    /** All models, where a server may have several. */
    public Optional<Catalogue> catalogue() {
        return catalogue;
    }

    /**
     * The engine.
     *
     * @throws ApiException while the model loads, and once the server is ending
     */
    public Engine engine() {
        return passed().engine();
    }

    /** The engine, if it can be used this moment. */
    public Optional<Engine> present() {
        return state.get() instanceof State.Open open && open.engine().ready()
                ? Optional.of(open.engine())
                : Optional.empty();
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

    /** The model is unloaded. */
    void close() {
        state.updateAndGet(before -> before instanceof State.Shut ? before : new State.Loading());
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
