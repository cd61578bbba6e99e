package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.ModelInfo;
import dev.corral.server.http.Json;
import dev.corral.server.model.AdapterNames;
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ServedModel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** {@code /api/tags} and {@code /api/ps}: which models there are, and which of them run. */
final class ModelTags {

    private ModelTags() {}

    /**
     * The model and its adapters.
     *
     * @param since when the model was ready, in seconds since 1970
     */
    static ObjectNode of(ModelInfo model, AdapterNames adapters, long since) {
        ObjectNode list = Json.object();
        ArrayNode models = list.putArray("models");
        entry(models, model, model.name(), "", since);
        adapters.all().forEach(name -> entry(models, model, name, model.name(), since));
        return list;
    }

    /** The model, which runs as long as the server does. */
    static ObjectNode running(ModelInfo model, long since) {
        ObjectNode list = Json.object();
        entry(list.putArray("models"), model, model.name(), "", since)
                .put(
                        "expires_at",
                        Instant.ofEpochSecond(since).plus(ServedModel.EVER).toString())
                .put("context_length", model.contextSize());
        return list;
    }

    /** All models of a server that has several; of those that are not loaded, there is only the name. */
    static ObjectNode of(Catalogue catalogue) {
        ObjectNode list = Json.object();
        ArrayNode models = list.putArray("models");
        for (ServedModel served : catalogue.models()) {
            String name = served.plan().name();
            Optional<Engine> engine = served.gate().present();
            if (engine.isPresent()) {
                entry(models, engine.get().model(), name, "", served.state().since());
            } else {
                models.addObject()
                        .put("name", name)
                        .put("model", name)
                        .put("modified_at", Instant.EPOCH.toString())
                        .put("size", served.plan().bytes())
                        .put("digest", "")
                        .putObject("details")
                        .put("format", "gguf");
            }
        }
        return list;
    }

    /** Those of several models that are loaded. */
    static ObjectNode running(Catalogue catalogue) {
        ObjectNode list = Json.object();
        ArrayNode models = list.putArray("models");
        for (ServedModel served : catalogue.models()) {
            served.gate().present().ifPresent(engine -> {
                long since = served.state().since();
                Duration stays = catalogue.staysYet(served);
                entry(models, engine.model(), served.plan().name(), "", since)
                        .put("expires_at", Instant.now().plus(stays).toString())
                        .put("context_length", engine.model().contextSize());
            });
        }
        return list;
    }

    private static ObjectNode entry(ArrayNode models, ModelInfo model, String name, String parent, long since) {
        return models.addObject()
                .put("name", name)
                .put("model", name)
                .put("modified_at", Instant.ofEpochSecond(since).toString())
                .put("size", model.sizeBytes())
                .put("digest", ModelDetails.digest(model, name))
                .set("details", ModelDetails.of(model, parent));
    }
}
