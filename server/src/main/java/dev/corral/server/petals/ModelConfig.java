package dev.corral.server.petals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One model as the original's configuration describes it, and as its page gets it: {@code {"backend": {"repository",
 * "adapter", "aliases", "public_api"}, "frontend": {"name", "model_card", "license"}, "chat": {"max_session_length",
 * "sep_token", "stop_token", "extra_stop_sequences", "generation_params"}}}.
 *
 * @param key what the page calls it
 * @param repository what clients call it
 * @param adapter what they call it instead, where it is the loaded model with this adapter
 * @param aliases and what else
 * @param publicApi whether clients other than this server's own page may use it
 * @param frontend what the page shows
 * @param chat how the page talks to it
 */
public record ModelConfig(
        String key,
        String repository,
        Optional<String> adapter,
        List<String> aliases,
        boolean publicApi,
        ObjectNode frontend,
        ObjectNode chat) {

    public ModelConfig {
        aliases = List.copyOf(aliases);
    }

    /**
     * The models of a configuration, by their keys.
     *
     * @throws dev.corral.engine.InvalidRequestException when something in it is not what it must be
     */
    public static List<ModelConfig> read(Fields file) {
        List<ModelConfig> models = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : file.json().properties()) {
            Fields model = file.object(entry.getKey()).orElseThrow(() -> file.missing(entry.getKey()));
            models.add(read(entry.getKey(), model));
        }
        return models;
    }

    private static ModelConfig read(String key, Fields model) {
        Fields backend = model.object("backend").orElseThrow(() -> model.missing("backend"));
        return new ModelConfig(
                key,
                backend.text("repository").orElseThrow(() -> backend.missing("repository")),
                backend.text("adapter"),
                backend.texts("aliases"),
                backend.flag("public_api", true),
                model.object("frontend").map(Fields::json).orElseGet(Json::object),
                model.object("chat").map(Fields::json).orElseGet(Json::object));
    }

    /** The loaded model under its own names. */
    static ModelConfig of(String name, List<String> aliases) {
        return new ModelConfig(name, name, Optional.empty(), aliases, true, Json.object(), Json.object());
    }

    /** Whether clients may call it so. */
    boolean isCalled(String name) {
        return name.equals(adapter.orElse(repository)) || name.equals(key) || aliases.contains(name);
    }

    /**
     * What the page gets, with the original's values for what is not said.
     *
     * @param contextSize of the model
     */
    ObjectNode toJson(int contextSize) {
        ObjectNode json = Json.object();
        ObjectNode backend = json.putObject("backend").put("repository", repository);
        backend.put("adapter", adapter.orElse(null));
        aliases.forEach(backend.putArray("aliases")::add);
        backend.put("public_api", publicApi).put("key", adapter.orElse(repository));
        ObjectNode shown = json.putObject("frontend")
                .put("name", key)
                .put("model_card", "")
                .put("license", "");
        shown.setAll(frontend);
        ObjectNode talk = json.putObject("chat")
                .put("max_session_length", contextSize - 1)
                .put("sep_token", "###")
                .put("stop_token", "###");
        talk.putArray("extra_stop_sequences").add("</s>");
        talk.putObject("generation_params")
                .put("do_sample", 1)
                .put("temperature", 0.6)
                .put("top_p", 0.9);
        talk.setAll(chat);
        return json;
    }
}
