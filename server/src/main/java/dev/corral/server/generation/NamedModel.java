package dev.corral.server.generation;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.model.AdapterNames;
import dev.corral.server.model.ModelNames;
import java.util.Optional;

/**
 * The model that a request names: the loaded one, or an adapter of it as a model of its own.
 *
 * @param name what answers call it
 * @param own the adapter; empty for the loaded model, which leaves the choice to the request
 */
public record NamedModel(String name, Optional<AdapterSet> own) {

    /**
     * The model of this name; the loaded one where a request names none.
     *
     * @throws ApiException when there is none of this name
     */
    public static NamedModel find(Optional<String> asked, ModelNames names, Engine engine) throws InterruptedException {
        if (asked.isEmpty() || names.accept(asked.get())) {
            return new NamedModel(names.name(), Optional.empty());
        }
        AdapterNames adapters = new AdapterNames(names, engine.ask(new Query.Adapters()));
        String adapter = adapters.find(asked.get()).orElseThrow(() -> unknown(asked.get(), names));
        return new NamedModel(adapter, Optional.of(adapters.set(adapter)));
    }

    /** To be thrown where there is no such model. */
    public static ApiException unknown(String asked, ModelNames names) {
        return new ApiException(
                ApiError.Kind.UNKNOWN_MODEL, "there is no model '" + asked + "' here; there is '" + names.name() + "'");
    }

    /** What is applied to a request that names this model and chooses adapters; empty where neither does. */
    public Optional<AdapterSet> adapters(AdapterChoice chosen, Engine engine) throws InterruptedException {
        if (own.isEmpty()) {
            return chosen.resolve(engine);
        }
        if (!chosen.isEmpty()) {
            throw new InvalidRequestException("lora", "given", "can't be combined with a model that is an adapter");
        }
        return own;
    }
}
