package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.ToolCall;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.LogprobsJson;
import dev.corral.server.http.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The shapes of one answer's parts.
 *
 * @param model what the answer calls the model
 * @param topLogprobs how many of the likeliest tokens to show with each; empty for no logprobs at all
 */
record AnswerJson(String model, Shape shape, Optional<Integer> topLogprobs) {

    static AnswerJson of(AnswerRequest request) {
        return new AnswerJson(request.model().orElse(""), request.shape(), request.topLogprobs());
    }

    /** The answer to a request that asks nothing, for which the model is there, or leaves. */
    ObjectNode nothing(boolean leaves) {
        return saying(Message.EMPTY)
                .put("done_reason", leaves ? "unload" : "load")
                .put("done", true);
    }

    /** One piece of an answer. */
    ObjectNode piece(Message said, List<TokenLogprob> tokens) {
        ObjectNode piece = saying(said);
        putLogprobs(piece, tokens);
        return piece.put("done", false);
    }

    /**
     * The end of an answer, or all of it.
     *
     * @param said what was not told in pieces
     * @param nanos since the request came
     * @param context what a later request continues with
     */
    ObjectNode end(
            Completion completion, Message said, List<TokenLogprob> tokens, long nanos, Optional<Tokens> context) {
        ObjectNode end = saying(said);
        putLogprobs(end, tokens);
        end.put("done", true).put("done_reason", doneReason(completion.reason()));
        context.ifPresent(ids -> ids.stream().forEach(end.withArray("context")::add));
        return end.put("total_duration", nanos)
                .put("load_duration", 0)
                .put("prompt_eval_count", completion.usage().promptTokens())
                .put("prompt_eval_duration", completion.timings().prompt())
                .put("eval_count", completion.usage().generatedTokens())
                .put("eval_duration", completion.timings().generation());
    }

    private ObjectNode saying(Message said) {
        ObjectNode answer = Json.object()
                .put("model", model)
                .put("created_at", Instant.now().toString());
        ObjectNode within = shape.within(answer).put(shape.said(), said.content());
        if (!said.reasoning().isEmpty()) {
            within.put("thinking", said.reasoning());
        }
        said.calls().forEach(call -> putCall(within, call));
        return answer;
    }

    /** What the token limit cut off is no JSON, and no argument. */
    private static void putCall(ObjectNode within, ToolCall call) {
        ObjectNode entry = within.withArray("tool_calls").addObject().put("id", call.id());
        entry.putObject("function")
                .put("name", call.name())
                .set("arguments", Json.parseObject(call.arguments()).orElseGet(Json::object));
    }

    private void putLogprobs(ObjectNode answer, List<TokenLogprob> tokens) {
        if (topLogprobs.isPresent() && !tokens.isEmpty()) {
            ArrayNode logprobs = LogprobsJson.LOGARITHMS.toJson(tokens, topLogprobs.get());
            answer.set("logprobs", logprobs);
        }
    }

    private static String doneReason(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> "stop";
            case LIMIT, CONTEXT_FULL, CANCELLED -> "length";
        };
    }
}
