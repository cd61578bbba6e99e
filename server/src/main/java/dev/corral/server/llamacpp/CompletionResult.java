package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Logprobs;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.LogprobsJson;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/**
 * What a completion that ended looks like, whether as an answer of its own or as a stream's last event. {@code slot_id}
 * and {@code stopped_*} are the names of 2023 for {@code id_slot} and {@code stop_type}.
 */
final class CompletionResult {

    private CompletionResult() {}

    /**
     * @param index which of the request's completions it is
     * @param slot the slot it ran in
     * @param prompt its prompt as text
     */
    static ObjectNode of(
            CompletionRequest request, ModelInfo model, int index, int slot, String prompt, Completion completion) {
        Usage usage = completion.usage();
        ObjectNode result = Json.object().put("index", index).put("content", request.stream() ? "" : completion.text());
        ArrayNode tokens = result.putArray("tokens");
        if (request.returnTokens() && !request.stream()) {
            completion.tokens().stream().forEach(tokens::add);
        }
        result.put("id_slot", slot)
                .put("slot_id", slot)
                .put("stop", true)
                .put("model", model.name())
                .put("tokens_predicted", usage.generatedTokens())
                .put("tokens_evaluated", usage.promptTokens());
        result.set("generation_settings", GenerationSettings.of(request, model));
        result.put("prompt", prompt)
                .put("has_new_line", completion.hasNewLine())
                .put("truncated", usage.truncated());
        String type = stopType(completion.reason());
        result.put("stop_type", type)
                .put("stopped_eos", type.equals("eos"))
                .put("stopped_limit", type.equals("limit"))
                .put("stopped_word", type.equals("word"))
                .put("stopping_word", completion.stoppingWord().orElse(""))
                .put("tokens_cached", usage.promptTokens() + Math.max(0, usage.generatedTokens() - 1));
        result.set("timings", TimingsJson.of(usage, completion.timings()).toJson());
        if (!completion.logprobs().isEmpty()) {
            result.set("completion_probabilities", logprobs(request, completion.logprobs()));
        }
        return request.responseFields().isEmpty() ? result : only(request.responseFields(), result);
    }

    static ArrayNode logprobs(CompletionRequest request, List<TokenLogprob> tokens) {
        Logprobs asked = request.common().logprobs();
        LogprobsJson shape = asked.postSampling() ? LogprobsJson.PROBABILITIES : LogprobsJson.LOGARITHMS;
        ArrayNode entries = shape.toJson(tokens, asked.top());
        for (int i = 0; i < tokens.size(); i++) {
            put2023((ObjectNode) entries.get(i), tokens.get(i), asked.top());
        }
        return entries;
    }

    /** The shape of 2023 beside today's: {@code "content"} and {@code "probs": [{"tok_str", "prob"}]}. */
    private static void put2023(ObjectNode entry, TokenLogprob token, int most) {
        entry.put("content", entry.path("token").textValue());
        ArrayNode probabilities = entry.putArray("probs");
        token.top().stream()
                .limit(most)
                .forEach(likely -> probabilities
                        .addObject()
                        .put("tok_str", shown(likely))
                        .put("prob", Math.exp(likely.logprob())));
    }

    /** A token's text; a byte that is none by itself as {@code byte: \\xNN}. */
    private static String shown(TokenLogprob token) {
        byte[] bytes = new byte[token.bytes().size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = token.bytes().get(i).byteValue();
        }
        return bytes.length == 1 && bytes[0] < 0
                ? "byte: \\x" + HexFormat.of().withUpperCase().toHexDigits(bytes[0])
                : new String(bytes, StandardCharsets.UTF_8);
    }

    private static String stopType(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT -> "eos";
            case STOP_STRING -> "word";
            case LIMIT, CONTEXT_FULL -> "limit";
            case CANCELLED -> "none";
        };
    }

    /** The fields at these paths, each under its path; those that aren't there are left out. */
    private static ObjectNode only(List<String> paths, ObjectNode result) {
        ObjectNode chosen = Json.object();
        for (String path : paths) {
            JsonNode value = result;
            for (String step : path.split("/", -1)) {
                value = value.path(step);
            }
            if (!value.isMissingNode()) {
                chosen.set(path, value);
            }
        }
        return chosen;
    }
}
