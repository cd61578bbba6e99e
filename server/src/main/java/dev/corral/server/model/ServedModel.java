package dev.corral.server.model;

import dev.corral.engine.Engine;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model and where it is between disk and memory. Its state belongs to the registry, which changes it under its lock; anybody
 * may look at {@link #state}.
 */
public final class ServedModel {

    /** Where a model is. */
    public enum Status {
        UNLOADED,
        LOADING,
        LOADED,
        UNLOADING
    }

    /**
     * A moment of a model.
     *
     * @param progress from 0 to 1 while it loads
     * @param engine that runs it, when it is loaded
     * @param since when it was loaded, in seconds since 1970
     * @param failure why it could not be loaded the last time, for the operator
     */
    public record State(
            Status status, double progress, Optional<Engine> engine, long since, Optional<String> failure) {}

    private final ModelPlan plan;
    private final ModelGate gate;
    private volatile State state = new State(Status.UNLOADED, 0, Optional.empty(), 0, Optional.empty());

    // below: guarded by the registry's lock
    ModelRegistry.Preparation preparation = engine -> engine;
    int users;
    int waiters;
    boolean admitted;
    long lastUsed;
    long failedAt;
    int failures;

    @Nullable
    Thread loading;

    ServedModel(ModelPlan plan, ModelGate gate) {
        this.plan = plan;
        this.gate = gate;
    }

    public ModelPlan plan() {
        return plan;
    }

    /** The way to its engine for those who have a lease of it. */
    public ModelGate gate() {
        return gate;
    }

    public State state() {
        return state;
    }

    /** Nanoseconds until nobody has used it for as long as it may stay; for ever where it is used, or stays. */
    long untilIdle(long now) {
        Optional<Duration> idle = plan.residence().idle();
        boolean mayGo = idle.isPresent() && !plan.residence().pinned() && state.status() == Status.LOADED && users == 0;
        return mayGo ? idle.get().toNanos() - (now - lastUsed) : Long.MAX_VALUE;
    }

    void become(Status status) {
        state = new State(status, 0, Optional.empty(), 0, state.failure());
    }

    void progress(double done) {
        state = new State(Status.LOADING, done, Optional.empty(), 0, state.failure());
    }

    void loaded(Engine engine) {
        state = new State(Status.LOADED, 1, Optional.of(engine), System.currentTimeMillis() / 1000, Optional.empty());
    }

    void failed(String why) {
        state = new State(Status.UNLOADED, 0, Optional.empty(), 0, Optional.of(why));
    }
}
