package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.ModelInfo;
import dev.corral.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.TreeMap;

/** What Ollama says of a model wherever it names one. */
final class ModelDetails {

    private static final double THOUSAND = 1e3;
    private static final double MILLION = 1e6;
    private static final double BILLION = 1e9;

    private ModelDetails() {}

    /** @param parent the model that this one is an adapter of; "" for none */
    static ObjectNode of(ModelInfo model, String parent) {
        String family = model.metadata().getOrDefault("general.architecture", "");
        ObjectNode details =
                Json.object().put("parent_model", parent).put("format", "gguf").put("family", family);
        details.putArray("families").add(family);
        return details.put("parameter_size", parameterSize(model.parameters()))
                .put("quantization_level", model.fileType());
    }

    /**
     * What tells models apart: a digest of all that is known of the model, as hexadecimal digits. It is not the digest of its
     * file, which nobody has read as a whole.
     */
    static String digest(ModelInfo model, String name) {
        StringBuilder known = new StringBuilder(name)
                .append('\n')
                .append(model.description())
                .append('\n')
                .append(model.sizeBytes())
                .append('\n')
                .append(model.parameters());
        new TreeMap<>(model.metadata())
                .forEach((key, value) ->
                        known.append('\n').append(key).append('=').append(value));
        try {
            byte[] bytes = known.toString().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String parameterSize(long parameters) {
        if (parameters >= BILLION) {
            return String.format(Locale.ROOT, "%.1fB", parameters / BILLION);
        }
        if (parameters >= MILLION) {
            return String.format(Locale.ROOT, "%.2fM", parameters / MILLION);
        }
        return String.format(Locale.ROOT, "%.2fK", parameters / THOUSAND);
    }
}
