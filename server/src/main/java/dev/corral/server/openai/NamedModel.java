package dev.corral.server.openai;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.generation.AdapterChoice;
import java.util.Optional;

/**
 * The model that a request names: the loaded one, or an adapter of it as a model of its own.
 *
 * @param name what answers call it
 * @param own the adapter; empty for the loaded model, which leaves the choice to the request
 */
record NamedModel(String name, Optional<AdapterSet> own) {

    /** What is applied to a request that names this model and chooses adapters; empty where neither does. */
    Optional<AdapterSet> adapters(AdapterChoice chosen, Engine engine) throws InterruptedException {
        if (own.isEmpty()) {
            return chosen.resolve(engine);
        }
        if (!chosen.isEmpty()) {
            throw new InvalidRequestException("lora", "given", "can't be combined with a model that is an adapter");
        }
        return own;
    }
}
