package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Usage;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What every part of one answer to {@code POST /v1/completions} has in common, and its shapes.
 *
 * @param id unique, the same in all events of a stream
 * @param created when, in seconds since 1970
 * @param model the model's name, or the adapter's that was asked for as one
 * @param fingerprint what made it
 */
record TextAnswer(String id, long created, String model, String fingerprint) {

    static TextAnswer by(String name, ModelInfo model) {
        return new TextAnswer(
                "cmpl-" + UUID.randomUUID().toString().replace("-", ""),
                System.currentTimeMillis() / 1000,
                name,
                model.engine());
    }

    /** The answer, or one event of it, with an empty array of choices. */
    ObjectNode head() {
        ObjectNode head = Json.object()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", created)
                .put("model", model)
                .put("system_fingerprint", fingerprint);
        head.putArray("choices");
        return head;
    }

    /** Adds a choice to {@link #head}. */
    static void add(ObjectNode head, int index, String text, @Nullable ObjectNode logprobs, @Nullable String reason) {
        ObjectNode choice =
                head.withArray("choices").addObject().put("index", index).put("text", text);
        if (logprobs == null) {
            choice.putNull("logprobs");
        } else {
            choice.set("logprobs", logprobs);
        }
        choice.put("finish_reason", reason);
    }

    /**
     * The token counts: each prompt once, as it was read once.
     *
     * @param prompts one usage for each prompt
     * @param generated tokens of all texts
     */
    static ObjectNode usage(List<Usage> prompts, int generated) {
        int prompt = prompts.stream().mapToInt(Usage::promptTokens).sum();
        ObjectNode usage = Json.object()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", generated)
                .put("total_tokens", prompt + generated);
        usage.putObject("prompt_tokens_details")
                .put(
                        "cached_tokens",
                        prompts.stream().mapToInt(Usage::cachedTokens).sum());
        return usage;
    }
}
