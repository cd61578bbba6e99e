package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Capability;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Sampling;
import dev.corral.server.http.Json;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** {@code /api/show}. */
final class ModelShow {

    private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");
    private static final Pattern DECIMAL = Pattern.compile("-?\\d+\\.\\d+(e[-+]?\\d+)?");

    private ModelShow() {}

    /**
     * All that is known of a model.
     *
     * @param sampling what holds where a request says nothing
     * @param since when the model was ready, in seconds since 1970
     */
    static ObjectNode of(ModelInfo model, Sampling sampling, long since) {
        ObjectNode shown = Json.object();
        Optional.ofNullable(model.metadata().get("general.license"))
                .ifPresent(license -> shown.put("license", license));
        shown.put("modelfile", "FROM " + model.name() + "\n")
                .put("parameters", parameters(model, sampling))
                .put("template", model.chatTemplate().orElse(""));
        shown.set("details", ModelDetails.of(model, ""));
        ObjectNode info = shown.putObject("model_info");
        new TreeMap<>(model.metadata()).forEach((key, value) -> put(info, key, value));
        info.put("general.parameter_count", model.parameters());
        ArrayNode capabilities = shown.putArray("capabilities");
        model.capabilities().stream()
                .sorted()
                .flatMap(capability -> named(capability).stream())
                .forEach(capabilities::add);
        if (model.chatCapabilities().getOrDefault("supports_tools", false)) {
            capabilities.add("tools");
        }
        if (model.vocabulary().infill().middle().isPresent()) {
            capabilities.add("insert");
        }
        return shown.put("modified_at", Instant.ofEpochSecond(since).toString());
    }

    /** As lines of a Modelfile. */
    private static String parameters(ModelInfo model, Sampling sampling) {
        Map<String, Object> parameters = new TreeMap<>(Map.of(
                "num_ctx", model.contextSize(),
                "temperature", sampling.temperature(),
                "top_k", sampling.topK(),
                "top_p", sampling.topP(),
                "min_p", sampling.minP(),
                "repeat_penalty", sampling.penalties().repeat()));
        StringBuilder lines = new StringBuilder();
        parameters.forEach((name, value) -> lines.append(String.format(Locale.ROOT, "%-30s %s", name, value))
                .append('\n'));
        return lines.toString().stripTrailing();
    }

    private static Optional<String> named(Capability capability) {
        return switch (capability) {
            case GENERATE -> Optional.of("completion");
            case EMBED -> Optional.of("embedding");
            case SEE -> Optional.of("vision");
            case HEAR, RERANK -> Optional.empty();
        };
    }

    /** Metadata comes as text; what is a number or a truth value in the file is one to clients. */
    private static void put(ObjectNode info, String key, String value) {
        if (WHOLE.matcher(value).matches()) {
            info.put(key, Long.parseLong(value));
        } else if (DECIMAL.matcher(value).matches()) {
            info.put(key, Double.parseDouble(value));
        } else if (value.equals("true") || value.equals("false")) {
            info.put(key, value.equals("true"));
        } else {
            info.put(key, value);
        }
    }
}
