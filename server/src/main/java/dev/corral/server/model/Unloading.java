package dev.corral.server.model;

import dev.corral.engine.Engine;
import java.lang.System.Logger.Level;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Takes models out of memory: new requests wait, those that run may finish, then the engine is closed. Thread-safe. */
final class Unloading {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");

    private final StateLock states;
    private final Map<ServedModel, Engine> leaving = new IdentityHashMap<>();

    Unloading(StateLock states) {
        this.states = states;
    }

    /** New requests wait from here on. Called under the lock, for one that is loaded. */
    void begin(ServedModel model) {
        leaving.put(model, model.state().engine().orElseThrow());
        model.become(ServedModel.Status.UNLOADING);
    }

    /** Closes the engine when nobody uses it any more, by the calling thread. */
    void finish(ServedModel model) {
        Engine engine;
        try (StateLock.Held _ = states.hold()) {
            while (model.users > 0 && !states.ended()) {
                states.awaitUninterruptibly();
            }
            model.gate().close();
            engine = leaving.remove(model);
        }
        try {
            if (engine != null) {
                engine.close();
            }
            LOG.log(Level.INFO, "{0} is unloaded", model.plan().name());
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, model.plan().name() + " did not end in order", e);
        } finally {
            gone(model);
        }
    }

    private void gone(ServedModel model) {
        try (StateLock.Held _ = states.hold()) {
            model.admitted = false;
            model.become(ServedModel.Status.UNLOADED);
            states.tell();
        }
    }

    /** Engines that nobody has closed yet, for somebody who does. Called under the lock. */
    List<Engine> abandon() {
        List<Engine> engines = List.copyOf(leaving.values());
        leaving.clear();
        return engines;
    }
}
