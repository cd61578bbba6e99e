package dev.corral.server.model;

import dev.corral.engine.Engine;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Models that come into memory when a request names them, and leave it when nobody does for long, or when another needs their
 * place: the one first that was used longest ago. Two requests load a model once. A model that is used stays until it is not.
 *
 * <p>Ownership: it closes the engines that its loaders open. Thread-safe; one lock guards the state of all models, and nothing
 * is loaded or closed under it.
 */
public final class ModelRegistry implements Catalogue, AutoCloseable {

    /**
     * How much may be in memory.
     *
     * @param models at once; 0 for any number
     * @param bytes of all models together; 0 for any number
     * @param autoload whether a request loads a model
     */
    public record Room(int models, long bytes, boolean autoload) {}

    /** Makes an engine ready for requests, or wraps it. */
    @FunctionalInterface
    public interface Preparation {
        Engine prepare(Engine engine) throws InterruptedException;
    }

    private final ModelChanges changes = new ModelChanges();
    private final List<ServedModel> models = new CopyOnWriteArrayList<>();
    private final ModelIndex index = new ModelIndex(models);
    private final Room room;
    private final UnaryOperator<Duration> pauses;
    private final StateLock states = new StateLock();
    private final Unloading unloading = new Unloading(states);
    private final Loading loading;
    private volatile Optional<ModelDownloads> downloads = Optional.empty();

    /** @param plans the first is meant where a request names none */
    public ModelRegistry(List<ModelPlan> plans, Room room) {
        this(plans, room, UnaryOperator.identity());
    }

    /** @param pauses what the pause after a failed load is instead */
    ModelRegistry(List<ModelPlan> plans, Room room, UnaryOperator<Duration> pauses) {
        this.room = room;
        this.loading = new Loading(states, new Eviction(models, room), unloading);
        this.pauses = pauses;
        plans.forEach(plan -> add(plan, _ -> engine -> engine));
    }

    /**
     * Adds a model, which requests may name from now on.
     *
     * @param preparation what is done with each engine of it before requests reach it
     */
    public ServedModel add(ModelPlan plan, Function<ServedModel, Preparation> preparation) {
        ServedModel model = new ServedModel(plan, new ModelGate(this), changes);
        Preparation prepared = preparation.apply(model);
        try (StateLock.Held _ = states.hold()) {
            requireOpen();
            model.preparation = prepared;
            models.add(model);
        }
        return model;
    }

    /** Takes a model off the list. Who waits for it learns that there is none; what runs on it goes on, and then it leaves memory. */
    public void remove(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            model.deleted = true;
            models.remove(model);
            states.tell();
        }
        unload(model);
    }

    /** Lets clients bring further models, and delete them. */
    public void allow(ModelDownloads allowed) {
        downloads = Optional.of(allowed);
    }

    @Override
    public Optional<ModelDownloads> downloads() {
        return downloads;
    }

    /** Begins to load those that are there from the start, and to watch for those that nobody uses. */
    public void start() {
        new IdleWatch(states, models, unloading).start();
        models().stream()
                .filter(model -> model.plan().residence().pinned()
                        || model.plan().residence().preloaded())
                .forEach(this::load);
    }

    @Override
    public List<ServedModel> models() {
        return List.copyOf(models);
    }

    @Override
    public Optional<ServedModel> find(String name) {
        return index.find(name);
    }

    @Override
    public ServedModel require(String name) {
        return index.require(name);
    }

    /** The one that is meant where a request names none. */
    public ServedModel require() {
        return index.require();
    }

    @Override
    public Lease lease(Optional<String> name) throws InterruptedException {
        ServedModel model = name.map(this::require).orElseGet(this::require);
        return lease(model, () -> false);
    }

    /** A lease if the model is there this moment. */
    public Optional<Lease> leaseNow(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            return model.state().status() == ServedModel.Status.LOADED ? Optional.of(take(model)) : Optional.empty();
        }
    }

    /**
     * A lease, as soon as the model is there.
     *
     * @param gone whether who asked has left; asked again after {@link #wake}
     * @throws ApiException when it can't be loaded, or not in time
     * @throws ClientLeft when who asked has left
     */
    public Lease lease(ServedModel model, BooleanSupplier gone) throws InterruptedException {
        long deadline = System.nanoTime() + model.plan().residence().patience().toNanos();
        try (StateLock.Held _ = states.holdInterruptibly()) {
            model.waiters++;
            try {
                return awaited(model, gone, deadline);
            } finally {
                model.waiters--;
                states.tell();
            }
        }
    }

    private Lease awaited(ServedModel model, BooleanSupplier gone, long deadline) throws InterruptedException {
        while (true) {
            requireOpen();
            if (model.state().status() == ServedModel.Status.LOADED) {
                return take(model);
            }
            if (gone.getAsBoolean()) {
                throw new ClientLeft();
            }
            if (model.deleted) {
                throw new ApiException(
                        ApiError.Kind.UNKNOWN_MODEL,
                        "the model '" + model.plan().name() + "' was deleted");
            }
            if (model.state().status() == ServedModel.Status.UNLOADED) {
                if (!room.autoload()) {
                    throw new ApiException(
                            ApiError.Kind.UNAVAILABLE,
                            "the model '" + model.plan().name() + "' is not loaded; POST /models/load loads it");
                }
                LoadPause.requireOver(model, pauses);
                loading.begin(model);
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new ApiException(
                        ApiError.Kind.TIMED_OUT,
                        "the model '" + model.plan().name() + "' was not loaded within "
                                + model.plan().residence().patience().toSeconds() + " s");
            }
            states.await(left);
        }
    }

    private Lease take(ServedModel model) {
        model.users++;
        return new Lease(model, () -> giveBack(model));
    }

    private void giveBack(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            model.users--;
            model.lastUsed = System.nanoTime();
            states.tell();
        }
    }

    /** Lets those who wait look whether who asked has left. */
    public void wake() {
        try (StateLock.Held _ = states.hold()) {
            states.tell();
        }
    }

    private void requireOpen() {
        if (states.ended()) {
            throw new ApiException(ApiError.Kind.UNAVAILABLE, "Shutting down");
        }
    }

    @Override
    public void load(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            requireOpen();
            if (model.state().status() == ServedModel.Status.UNLOADED && !model.deleted) {
                loading.begin(model);
            }
        }
    }

    @Override
    public void unload(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            if (model.state().status() != ServedModel.Status.LOADED) {
                return;
            }
            unloading.begin(model);
        }
        Thread.ofPlatform()
                .daemon()
                .name("corral-unload-" + model.plan().name())
                .start(() -> unloading.finish(model));
    }

    @Override
    public void keep(ServedModel model, Duration stay) {
        try (StateLock.Held _ = states.hold()) {
            model.wanted = Optional.of(stay);
            states.tell();
        }
    }

    @Override
    public Duration staysYet(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            return model.staysYet(System.nanoTime());
        }
    }

    @Override
    public ModelChanges changes() {
        return changes;
    }

    /** No request passes from here on; what runs goes on. */
    public void shut() {
        downloads.ifPresent(ModelDownloads::close);
        try (StateLock.Held _ = states.hold()) {
            models().forEach(model -> model.gate().shut());
            states.end();
            changes.end();
        }
    }

    /** Ends all engines. */
    @Override
    public void close() {
        shut();
        List<Engine> engines = new ArrayList<>();
        List<Thread> loads = new ArrayList<>();
        try (StateLock.Held _ = states.hold()) {
            for (ServedModel model : models()) {
                model.state().engine().ifPresent(engines::add);
                if (model.state().status() == ServedModel.Status.LOADING && model.loading != null) {
                    loads.add(model.loading);
                }
                model.become(ServedModel.Status.UNLOADED);
            }
            engines.addAll(unloading.abandon());
        }
        loads.forEach(Thread::interrupt);
        engines.parallelStream().forEach(Engine::close);
    }
}
