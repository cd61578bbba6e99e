package dev.corral.server.model;

import dev.corral.engine.Engine;
import java.util.function.DoubleConsumer;

/** Brings one model into memory. */
@FunctionalInterface
public interface ModelLoader {

    /**
     * Loads it, blocking the caller until it can answer.
     *
     * @param progress told from 0 to 1 how much of it is loaded
     * @throws RuntimeException with a message for the operator when it can't be loaded
     */
    Engine load(DoubleConsumer progress) throws InterruptedException;
}
