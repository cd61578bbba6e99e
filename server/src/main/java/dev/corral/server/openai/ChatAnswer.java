package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Logprobs;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.TokenLogprob;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.LogprobsJson;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Json;
import java.security.SecureRandom;
import java.util.List;

/**
 * What every part of one chat answer has in common, and its shapes.
 *
 * @param id unique, the same in all events of a stream
 * @param created when, in seconds since 1970
 * @param model the model's name, or the adapter's that was asked for as one
 * @param fingerprint what made it
 */
record ChatAnswer(String id, long created, String model, String fingerprint) {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 32;

    static ChatAnswer by(String name, ModelInfo model) {
        StringBuilder id = new StringBuilder("chatcmpl-");
        RANDOM.ints(ID_LENGTH, 0, ALPHABET.length()).forEach(i -> id.append(ALPHABET.charAt(i)));
        return new ChatAnswer(id.toString(), System.currentTimeMillis() / 1000, name, model.engine());
    }

    /** The whole answer at once. */
    ObjectNode complete(ChatRequest request, List<Completion> completions) {
        ObjectNode answer = Json.object()
                .put("id", id)
                .put("object", "chat.completion")
                .put("created", created)
                .put("model", model)
                .put("system_fingerprint", fingerprint);
        ArrayNode choices = answer.putArray("choices");
        for (int index = 0; index < completions.size(); index++) {
            Completion completion = completions.get(index);
            ObjectNode choice = choices.addObject().put("index", index);
            choice.putObject("message").put("role", "assistant").put("content", completion.text());
            if (request.topLogprobs().isPresent()) {
                choice.putObject("logprobs").set("content", logprobs(request, completion.logprobs()));
            } else {
                choice.putNull("logprobs");
            }
            choice.put("finish_reason", finishReason(completion.reason()));
        }
        answer.set("usage", usage(completions));
        answer.set("timings", timings(completions.getFirst()));
        return answer;
    }

    static ArrayNode logprobs(ChatRequest request, List<TokenLogprob> tokens) {
        Logprobs asked = request.generate().logprobs();
        LogprobsJson shape = asked.postSampling() ? LogprobsJson.PROBABILITIES : LogprobsJson.LOGARITHMS;
        return shape.toJson(tokens, request.topLogprobs().orElse(0));
    }

    /** The prompt is counted once, as it was read once. */
    static ObjectNode usage(List<Completion> completions) {
        int prompt = completions.getFirst().usage().promptTokens();
        int generated = completions.stream()
                .mapToInt(completion -> completion.usage().generatedTokens())
                .sum();
        ObjectNode usage = Json.object()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", generated)
                .put("total_tokens", prompt + generated);
        usage.putObject("prompt_tokens_details")
                .put("cached_tokens", completions.getFirst().usage().cachedTokens());
        return usage;
    }

    static ObjectNode timings(Completion completion) {
        return TimingsJson.of(completion.usage(), completion.timings()).toJson();
    }

    static String finishReason(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> "stop";
            case LIMIT, CONTEXT_FULL, CANCELLED -> "length";
        };
    }
}
