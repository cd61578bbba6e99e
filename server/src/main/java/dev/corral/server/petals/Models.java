package dev.corral.server.petals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Json;
import dev.corral.server.model.AdapterNames;
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ModelNames;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** What {@code model} may be: a name of the loaded model, an adapter of it, or what the configuration calls either. */
final class Models {

    /** What a page may count on while nobody knows; a session that is opened with more than there is gets what there is. */
    private static final int UNKNOWN_CONTEXT = 2049;

    private final List<ModelConfig> configured;
    private final List<String> aliases;

    /**
     * @param configured in the order of the page; none for the loaded model by its own names
     * @param aliases what the loaded model is called besides its name
     */
    Models(List<ModelConfig> configured, List<String> aliases) {
        this.configured = configured;
        this.aliases = List.copyOf(aliases);
    }

    /**
     * The adapters of the model that a client names; empty for what the engine applies by default.
     *
     * @param asked the name; without one, the first of the models is meant
     * @param ownPage whether this server's own page asks
     * @throws ApiException when there is no such model, or not for this client
     */
    Optional<AdapterSet> adapters(Optional<String> asked, boolean ownPage, Engine engine) throws InterruptedException {
        Optional<ModelConfig> found = asked.isPresent()
                ? configured.stream()
                        .filter(model -> model.isCalled(asked.get()))
                        .findFirst()
                : configured.stream().findFirst();
        if (found.isPresent() && !found.get().publicApi() && !ownPage) {
            throw Traceback.raise(
                    "ValueError",
                    "We do not provide public API for "
                            + asked.orElse(found.get().key()) + " due to license restrictions");
        }
        Optional<String> adapter = found.flatMap(ModelConfig::adapter);
        if (adapter.isPresent()) {
            return Optional.of(adapter(adapter.get(), engine));
        }
        ModelNames names = ModelNames.of(engine.model(), aliases);
        return found.isPresent() || asked.isEmpty() || names.accept(asked.get())
                ? Optional.empty()
                : Optional.of(adapter(asked.get(), engine));
    }

    /** An adapter by its name, or by a repository of that name. */
    private AdapterSet adapter(String asked, Engine engine) throws InterruptedException {
        AdapterNames adapters =
                new AdapterNames(ModelNames.of(engine.model(), aliases), engine.ask(new Query.Adapters()));
        String name = adapters.find(asked)
                .or(() -> adapters.find(asked.substring(asked.lastIndexOf('/') + 1)))
                .orElseThrow(() -> Traceback.raise("KeyError", Traceback.quoted(asked)));
        return adapters.set(name);
    }

    /** {@code modelConfigs} and {@code defaultModel}, for the page of a server that has one model. */
    ObjectNode toJson(Engine engine) {
        ModelInfo model = engine.model();
        List<String> names = ModelNames.of(model, aliases).aliases();
        return toJson(List.of(ModelConfig.of(model.name(), names)), _ -> model.contextSize());
    }

    /** The same for one that has several, none of which is loaded for it. */
    ObjectNode toJson(Catalogue catalogue) {
        List<ModelConfig> own = catalogue.models().stream()
                .map(model -> ModelConfig.of(model.plan().name(), model.plan().aliases()))
                .toList();
        return toJson(
                own,
                config -> catalogue
                        .find(config.repository())
                        .flatMap(model -> model.gate().present())
                        .map(engine -> engine.model().contextSize())
                        .orElse(UNKNOWN_CONTEXT));
    }

    private ObjectNode toJson(List<ModelConfig> own, ToIntFunction<ModelConfig> contextSize) {
        List<ModelConfig> shown = configured.isEmpty() ? own : configured;
        ObjectNode json = Json.object();
        ObjectNode configs = json.putObject("modelConfigs");
        shown.forEach(model -> configs.set(model.key(), model.toJson(contextSize.applyAsInt(model))));
        return json.put(
                "defaultModel", shown.stream().findFirst().map(ModelConfig::key).orElse(""));
    }
}
