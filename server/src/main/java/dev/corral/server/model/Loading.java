package dev.corral.server.model;

import dev.corral.engine.Engine;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * Brings models into memory, each by a thread of its own: makes room, loads, and tells those who wait that it is there, or that it
 * failed. Thread-safe.
 */
record Loading(StateLock states, Eviction eviction, Unloading unloading) {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");

    /** Begins with one that is unloaded. Called under the lock. */
    void begin(ServedModel model) {
        model.become(ServedModel.Status.LOADING);
        model.admitted = false;
        model.wanted = Optional.empty();
        model.loading = Thread.ofPlatform()
                .daemon()
                .name("corral-load-" + model.plan().name())
                .start(() -> load(model));
    }

    private void load(ServedModel model) {
        try {
            makeRoom(model);
            arrive(model, prepared(model, model.plan().loader().load(model::progress)));
        } catch (InterruptedException e) {
            fail(model, "the server is ending");
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "{0} can''t be loaded: {1}", model.plan().name(), e.getMessage());
            fail(model, String.valueOf(e.getMessage()));
        } catch (Error e) {
            LOG.log(Level.ERROR, model.plan().name() + " can't be loaded", e);
            fail(model, e.toString());
        }
    }

    /** Unloads others until the model fits; waits while all that could go are used. */
    private void makeRoom(ServedModel model) throws InterruptedException {
        while (true) {
            ServedModel victim;
            try (StateLock.Held _ = states.holdInterruptibly()) {
                if (states.ended()) {
                    throw new InterruptedException();
                }
                if (eviction.fits(model)) {
                    model.admitted = true;
                    return;
                }
                eviction.requirePossible(model);
                Optional<ServedModel> longestUnused = eviction.longestUnused(model);
                if (longestUnused.isEmpty()) {
                    states.await();
                    continue;
                }
                victim = longestUnused.get();
                unloading.begin(victim);
            }
            LOG.log(
                    Level.INFO,
                    "{0} makes room for {1}",
                    victim.plan().name(),
                    model.plan().name());
            unloading.finish(victim);
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
        try (StateLock.Held _ = states.hold()) {
            if (!states.ended() && !model.deleted) {
                model.failures = 0;
                model.lastUsed = System.nanoTime();
                model.gate().open(engine);
                model.loaded(engine);
                states.tell();
                LOG.log(Level.INFO, "{0} is loaded", model.plan().name());
                return;
            }
        }
        engine.close();
        fail(model, "nobody needs it any more");
    }

    private void fail(ServedModel model, String why) {
        try (StateLock.Held _ = states.hold()) {
            model.failures++;
            model.failedAt = System.nanoTime();
            model.admitted = false;
            model.failed(why);
            states.tell();
        }
    }
}
