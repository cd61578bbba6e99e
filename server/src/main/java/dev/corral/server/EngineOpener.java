package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.engine.local.options.LocalEngineOptions;
import java.util.function.DoubleConsumer;

/** Loads a model. */
@FunctionalInterface
interface EngineOpener {

    /**
     * Loads one model, blocking the caller until it is ready.
     *
     * @param progress told from 0 to 1 how much of the model is loaded, by the calling thread
     */
    Engine open(LocalEngineOptions options, DoubleConsumer progress) throws InterruptedException;

    /** One that loads several models, by several threads at once. */
    default EngineOpener ofSeveral() {
        return this;
    }

    /** Begins with what {@link #open} will do, as far as it can go on beside the start of the server. */
    default void prepare(LocalEngineOptions options) {}
}
