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

    /** A century, which stands for ever. */
    public static final Duration EVER = Duration.ofDays(36_525);

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
    private final ModelChanges changes;
    private volatile State state = new State(Status.UNLOADED, 0, Optional.empty(), 0, Optional.empty());

    // below: guarded by the registry's lock
    ModelRegistry.Preparation preparation = engine -> engine;
    int users;

    /** What the last request that said so wanted of its stay. */
    Optional<Duration> wanted = Optional.empty();

    int waiters;
    boolean admitted;
    boolean deleted;
    long lastUsed;
    long failedAt;
    int failures;

    @Nullable
    Thread loading;

    ServedModel(ModelPlan plan, ModelGate gate, ModelChanges changes) {
        this.plan = plan;
        this.gate = gate;
        this.changes = changes;
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

    /** How long it stays after its last use. */
    private Duration stay() {
        return plan.residence().pinned()
                ? EVER
                : wanted.or(() -> plan.residence().idle()).orElse(EVER);
    }

    /** Nanoseconds until nobody has used it for as long as it may stay; for ever where it is used, or stays. */
    long untilIdle(long now) {
        boolean mayGo = state.status() == Status.LOADED && users == 0 && !stay().equals(EVER);
        return mayGo ? stay().toNanos() - (now - lastUsed) : Long.MAX_VALUE;
    }

    /** How long it still stays if nobody uses it. */
    Duration staysYet(long now) {
        Duration stay = stay();
        if (users > 0 || stay.equals(EVER)) {
            return stay;
        }
        return Duration.ofNanos(Math.max(0, stay.toNanos() - (now - lastUsed)));
    }

    void become(Status status) {
        enter(new State(status, 0, Optional.empty(), 0, state.failure()));
    }

    void progress(double done) {
        enter(new State(Status.LOADING, done, Optional.empty(), 0, state.failure()));
    }

    void loaded(Engine engine) {
        long now = System.currentTimeMillis() / 1000;
        enter(new State(Status.LOADED, 1, Optional.of(engine), now, Optional.empty()));
    }

    void failed(String why) {
        enter(new State(Status.UNLOADED, 0, Optional.empty(), 0, Optional.of(why)));
    }

    private void enter(State next) {
        state = next;
        changes.tell(new ModelChanges.Came(this, next));
    }
}
