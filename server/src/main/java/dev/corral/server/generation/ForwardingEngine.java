package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;

/**
 * An engine that leaves to another whatever it doesn't do itself.
 *
 * <p>Ownership: closing it closes the other.
 */
public interface ForwardingEngine extends Engine {

    /** The other. */
    Engine engine();

    @Override
    default ModelInfo model() {
        return engine().model();
    }

    @Override
    default Generation submit(Generate request) {
        return engine().submit(request);
    }

    @Override
    default <R extends Reply> R ask(Query<R> query) throws InterruptedException {
        return engine().ask(query);
    }

    @Override
    default EngineStats stats() {
        return engine().stats();
    }

    @Override
    default boolean ready() {
        return engine().ready();
    }

    @Override
    default void close() {
        engine().close();
    }
}
