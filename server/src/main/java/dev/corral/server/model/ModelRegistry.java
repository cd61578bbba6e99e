package dev.corral.server.model;

import dev.corral.engine.Engine;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * Models that come into memory when a request names them, and leave it when nobody does for long, or when another needs their
 * place: the one first that was used longest ago. Two requests load a model once. A model that is used stays until it is not.
 *
 * <p>Ownership: it closes the engines that its loaders open. Thread-safe; one lock guards the state of all models, and nothing
 * is loaded, closed or waited for under it.
 */
public final class ModelRegistry implements Catalogue, AutoCloseable {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");

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

    private final ModelIndex index;
    private final Room room;
    private final Eviction eviction;
    private final UnaryOperator<Duration> pauses;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread idleWatch;
    private final Map<ServedModel, Engine> leaving = new IdentityHashMap<>();
    private boolean closed;

    /** @param plans at least one; the first is meant where a request names none */
    public ModelRegistry(List<ModelPlan> plans, Room room) {
        this(plans, room, UnaryOperator.identity());
    }

    /** @param pauses what the pause after a failed load is instead */
    ModelRegistry(List<ModelPlan> plans, Room room, UnaryOperator<Duration> pauses) {
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("no models");
        }
        this.index = new ModelIndex(plans.stream()
                .map(plan -> new ServedModel(plan, new ModelGate(this)))
                .toList());
        this.room = room;
        this.eviction = new Eviction(index.models(), room);
        this.pauses = pauses;
        this.idleWatch = Thread.ofPlatform().daemon().name("corral-idle").unstarted(this::watchIdle);
    }

    /** Says what is done with each engine of a model before requests reach it. Called before {@link #start}. */
    public void prepare(ServedModel model, Preparation preparation) {
        lock.lock();
        try {
            model.preparation = preparation;
        } finally {
            lock.unlock();
        }
    }

    /** Begins to load those that are there from the start, and to watch for those that nobody uses. */
    public void start() {
        idleWatch.start();
        models().stream()
                .filter(model -> model.plan().residence().pinned()
                        || model.plan().residence().preloaded())
                .forEach(this::load);
    }

    @Override
    public List<ServedModel> models() {
        return index.models();
    }

    @Override
    public Optional<ServedModel> find(String name) {
        return index.find(name);
    }

    @Override
    public ServedModel require(String name) {
        return index.require(name);
    }

    @Override
    public Lease lease(Optional<String> name) throws InterruptedException {
        ServedModel model = name.map(this::require).orElse(models().getFirst());
        return lease(model, () -> false);
    }

    /** A lease if the model is there this moment. */
    public Optional<Lease> leaseNow(ServedModel model) {
        lock.lock();
        try {
            return model.state().status() == ServedModel.Status.LOADED ? Optional.of(take(model)) : Optional.empty();
        } finally {
            lock.unlock();
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
        Duration patience = model.plan().residence().patience();
        long begin = System.nanoTime();
        lock.lockInterruptibly();
        model.waiters++;
        try {
            while (true) {
                requireOpen();
                if (model.state().status() == ServedModel.Status.LOADED) {
                    return take(model);
                }
                if (gone.getAsBoolean()) {
                    throw new ClientLeft();
                }
                if (model.state().status() == ServedModel.Status.UNLOADED) {
                    if (!room.autoload()) {
                        throw new ApiException(
                                ApiError.Kind.UNAVAILABLE,
                                "the model '" + model.plan().name() + "' is not loaded; POST /models/load loads it");
                    }
                    LoadPause.requireOver(model, pauses);
                    begin(model);
                }
                long left = patience.toNanos() - (System.nanoTime() - begin);
                if (left <= 0) {
                    throw new ApiException(
                            ApiError.Kind.TIMED_OUT,
                            "the model '" + model.plan().name() + "' was not loaded within " + patience.toSeconds()
                                    + " s");
                }
                changed.awaitNanos(left);
            }
        } finally {
            model.waiters--;
            changed.signalAll();
            lock.unlock();
        }
    }

    private Lease take(ServedModel model) {
        model.users++;
        return new Lease(model, () -> giveBack(model));
    }

    private void giveBack(ServedModel model) {
        lock.lock();
        try {
            model.users--;
            model.lastUsed = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets those who wait look whether who asked has left. */
    public void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new ApiException(ApiError.Kind.UNAVAILABLE, "Shutting down");
        }
    }

    @Override
    public void load(ServedModel model) {
        lock.lock();
        try {
            requireOpen();
            if (model.state().status() == ServedModel.Status.UNLOADED) {
                begin(model);
            }
        } finally {
            lock.unlock();
        }
    }

    private void begin(ServedModel model) {
        model.become(ServedModel.Status.LOADING);
        model.admitted = false;
        model.loading = Thread.ofPlatform()
                .daemon()
                .name("corral-load-" + model.plan().name())
                .start(() -> loadNow(model));
    }

    private void loadNow(ServedModel model) {
        try {
            makeRoom(model);
            arrive(model, prepared(model, model.plan().loader().load(model::progress)));
        } catch (InterruptedException e) {
            fail(model, "the server is ending");
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "{0} can''t be loaded: {1}", model.plan().name(), e.getMessage());
            fail(model, String.valueOf(e.getMessage()));
        }
    }

    private static Engine prepared(ServedModel model, Engine loaded) throws InterruptedException {
        boolean prepared = false;
        try {
            Engine engine = model.preparation.prepare(loaded);
            prepared = true;
            return engine;
        } finally {
            if (!prepared) {
                loaded.close();
            }
        }
    }

    private void arrive(ServedModel model, Engine engine) {
        lock.lock();
        try {
            if (!closed) {
                model.failures = 0;
                model.lastUsed = System.nanoTime();
                model.gate().open(engine);
                model.loaded(engine);
                changed.signalAll();
                LOG.log(Level.INFO, "{0} is loaded", model.plan().name());
                return;
            }
        } finally {
            lock.unlock();
        }
        engine.close();
        fail(model, "the server is ending");
    }

    private void fail(ServedModel model, String why) {
        lock.lock();
        try {
            model.failures++;
            model.failedAt = System.nanoTime();
            model.admitted = false;
            model.failed(why);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Unloads others until the model fits; waits while all that could go are used. */
    private void makeRoom(ServedModel model) throws InterruptedException {
        while (true) {
            ServedModel victim;
            lock.lockInterruptibly();
            try {
                if (closed) {
                    throw new InterruptedException();
                }
                if (eviction.fits(model)) {
                    model.admitted = true;
                    return;
                }
                eviction.requirePossible(model);
                Optional<ServedModel> longestUnused = eviction.longestUnused(model);
                if (longestUnused.isEmpty()) {
                    changed.await();
                    continue;
                }
                victim = longestUnused.get();
                leave(victim);
            } finally {
                lock.unlock();
            }
            LOG.log(
                    Level.INFO,
                    "{0} makes room for {1}",
                    victim.plan().name(),
                    model.plan().name());
            finish(victim);
        }
    }

    @Override
    public void unload(ServedModel model) {
        lock.lock();
        try {
            if (model.state().status() != ServedModel.Status.LOADED) {
                return;
            }
            leave(model);
        } finally {
            lock.unlock();
        }
        Thread.ofPlatform()
                .daemon()
                .name("corral-unload-" + model.plan().name())
                .start(() -> finish(model));
    }

    /** New requests wait from here on. */
    private void leave(ServedModel model) {
        leaving.put(model, model.state().engine().orElseThrow());
        model.become(ServedModel.Status.UNLOADING);
    }

    /** Closes the engine when nobody uses it any more. */
    private void finish(ServedModel model) {
        Engine engine;
        lock.lock();
        try {
            while (model.users > 0 && !closed) {
                changed.awaitUninterruptibly();
            }
            model.gate().close();
            engine = leaving.remove(model);
        } finally {
            lock.unlock();
        }
        if (engine != null) {
            engine.close();
        }
        lock.lock();
        try {
            model.admitted = false;
            model.become(ServedModel.Status.UNLOADED);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        LOG.log(Level.INFO, "{0} is unloaded", model.plan().name());
    }

    /** Takes out of memory what is due, until the registry is closed. */
    private void watchIdle() {
        try {
            while (true) {
                List<ServedModel> due;
                lock.lockInterruptibly();
                try {
                    if (closed) {
                        return;
                    }
                    due = models().stream()
                            .filter(model -> model.untilIdle(System.nanoTime()) <= 0)
                            .toList();
                    due.forEach(this::leave);
                    if (due.isEmpty()) {
                        changed.await(untilNextIdle(), TimeUnit.NANOSECONDS);
                    }
                } finally {
                    lock.unlock();
                }
                due.forEach(this::finish);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long untilNextIdle() {
        long now = System.nanoTime();
        return models().stream().mapToLong(model -> model.untilIdle(now)).min().orElse(Long.MAX_VALUE);
    }

    /** No request passes from here on; what runs goes on. */
    public void shut() {
        lock.lock();
        try {
            closed = true;
            models().forEach(model -> model.gate().shut());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all engines. */
    @Override
    public void close() {
        shut();
        List<Engine> engines = new ArrayList<>();
        List<Thread> loads = new ArrayList<>();
        lock.lock();
        try {
            for (ServedModel model : models()) {
                model.state().engine().ifPresent(engines::add);
                if (model.state().status() == ServedModel.Status.LOADING && model.loading != null) {
                    loads.add(model.loading);
                }
                model.become(ServedModel.Status.UNLOADED);
            }
            engines.addAll(leaving.values());
            leaving.clear();
        } finally {
            lock.unlock();
        }
        loads.forEach(Thread::interrupt);
        engines.parallelStream().forEach(Engine::close);
    }
}
