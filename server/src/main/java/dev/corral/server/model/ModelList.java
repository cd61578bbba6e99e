package dev.corral.server.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Capability;
import dev.corral.engine.Engine;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The list of models as llama-server gives it: OpenAI's shape and Ollama's in one. */
public final class ModelList {

    private ModelList() {}

    /**
     * The list of the one model and its adapters.
     *
     * @param since when the model was ready, in seconds since 1970
     */
    public static ObjectNode of(ModelInfo model, AdapterNames adapters, long since) {
        ObjectNode list = Json.object();
        list.putArray("models").add(ollama(model));
        list.put("object", "list");
        ArrayNode data = list.putArray("data").add(openai(model, adapters.model(), since));
        adapters.all().forEach(name -> data.add(adapter(name, adapters, since)));
        return list;
    }

    /** All models of a server that has several, loaded or not, with the state of each. */
    public static ObjectNode of(Catalogue catalogue) throws InterruptedException {
        ObjectNode list = Json.object();
        ArrayNode models = list.putArray("models");
        list.put("object", "list");
        ArrayNode data = list.putArray("data");
        for (ServedModel model : catalogue.models()) {
            data.add(entry(model));
            Optional<Engine> engine = model.gate().present();
            if (engine.isPresent()) {
                models.add(ollama(engine.get().model()));
                AdapterNames adapters =
                        new AdapterNames(names(model), engine.get().ask(new Query.Adapters()));
                long since = model.state().since();
                adapters.all().forEach(name -> data.add(adapter(name, adapters, since)));
            }
        }
        catalogue
                .downloads()
                .map(ModelDownloads::running)
                .orElse(List.of())
                .forEach(download -> data.add(coming(download)));
        return list;
    }

    private static ObjectNode coming(ModelDownload download) {
        ObjectNode entry = unloaded(new ModelNames(download.name(), List.of(download.name())));
        ObjectNode files = entry.putObject("status").put("value", "downloading").putObject("progress");
        download.moment()
                .parts()
                .forEach(part ->
                        files.putObject(part.file()).put("done", part.done()).put("total", Math.max(0, part.total())));
        return entry;
    }

    /** One of several models, loaded or not. */
    public static ObjectNode entry(ServedModel model) {
        ServedModel.State state = model.state();
        ObjectNode entry = state.engine()
                .map(engine -> openai(engine.model(), names(model), state.since()))
                .orElseGet(() -> unloaded(names(model)));
        ObjectNode status =
                entry.putObject("status").put("value", state.status().name().toLowerCase(Locale.ROOT));
        if (state.status() == ServedModel.Status.LOADING) {
            status.putObject("progress").put("value", state.progress());
        }
        if (state.failure().isPresent() && state.status() == ServedModel.Status.UNLOADED) {
            status.put("failed", true).put("exit_code", 1);
        }
        return entry;
    }

    private static ModelNames names(ServedModel model) {
        List<String> names = new ArrayList<>(List.of(model.plan().name()));
        names.addAll(model.plan().aliases());
        return new ModelNames(model.plan().name(), names);
    }

    private static ObjectNode unloaded(ModelNames names) {
        ObjectNode entry = Json.object().put("id", names.name());
        ArrayNode aliases = entry.putArray("aliases");
        names.aliases().forEach(aliases::add);
        entry.putArray("tags");
        return entry.put("object", "model").put("created", 0).put("owned_by", "llamacpp");
    }

    /** One model in OpenAI's shape, with llama-server's additions. */
    public static ObjectNode openai(ModelInfo model, ModelNames names, long since) {
        ObjectNode entry = Json.object().put("id", names.name());
        ArrayNode aliases = entry.putArray("aliases");
        names.aliases().forEach(aliases::add);
        entry.putArray("tags");
        entry.put("object", "model").put("created", since).put("owned_by", "llamacpp");
        entry.putObject("meta")
                .put("vocab_type", model.vocabulary().type())
                .put("n_vocab", model.vocabulary().size())
                .put("n_ctx", model.contextSize())
                .put("n_ctx_train", model.trainedContext())
                .put("n_embd", model.embeddingSize())
                .put("n_params", model.parameters())
                .put("size", model.sizeBytes())
                .put("ftype", model.fileType());
        return entry;
    }

    /** An adapter in OpenAI's shape, with {@code parent} and {@code root} as vLLM has them. */
    public static ObjectNode adapter(String name, AdapterNames adapters, long since) {
        ObjectNode entry = Json.object().put("id", name);
        entry.putArray("aliases").add(name).add(adapters.qualified(name));
        entry.putArray("tags");
        return entry.put("object", "model")
                .put("created", since)
                .put("owned_by", "llamacpp")
                .put("parent", adapters.model().name())
                .put("root", name);
    }

    private static String named(Capability capability) {
        return switch (capability) {
            case GENERATE -> "completion";
            case EMBED -> "embedding";
            case RERANK -> "rerank";
            case SEE, HEAR -> "multimodal";
        };
    }

    private static ObjectNode ollama(ModelInfo model) {
        ObjectNode entry = Json.object()
                .put("name", model.name())
                .put("model", model.name())
                .put("modified_at", "")
                .put("size", "")
                .put("digest", "")
                .put("type", "model")
                .put("description", "");
        entry.putArray("tags").add("");
        ArrayNode capabilities = entry.putArray("capabilities");
        model.capabilities().stream().sorted().map(ModelList::named).distinct().forEach(capabilities::add);
        entry.put("parameters", "");
        ObjectNode details = entry.putObject("details")
                .put("parent_model", "")
                .put("format", "gguf")
                .put("family", "");
        details.putArray("families").add("");
        details.put("parameter_size", "").put("quantization_level", "");
        return entry;
    }
}
