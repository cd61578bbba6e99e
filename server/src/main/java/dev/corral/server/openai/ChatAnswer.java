package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Logprobs;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.ToolCall;
import dev.corral.server.generation.AnswerId;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.LogprobsJson;
import dev.corral.server.generation.MessageReader;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Json;
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

    static ChatAnswer by(String name, ModelInfo model) {
        return new ChatAnswer(AnswerId.random("chatcmpl-"), System.currentTimeMillis() / 1000, name, model.engine());
    }

    /** The whole answer at once. */
    ObjectNode complete(ChatRequest request, List<Completion> completions, List<MessageReader> readers) {
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
            Message message = readers.get(index).message();
            choice.set("message", message(message));
            if (request.topLogprobs().isPresent()) {
                choice.putObject("logprobs").set("content", logprobs(request, completion.logprobs()));
            } else {
                choice.putNull("logprobs");
            }
            choice.put(
                    "finish_reason",
                    finishReason(completion.reason(), !message.calls().isEmpty()));
        }
        answer.set("usage", usage(completions));
        answer.set("timings", timings(completions.getFirst()));
        return answer;
    }

    static ObjectNode message(Message message) {
        ObjectNode json = Json.object().put("role", "assistant");
        if (message.content().isEmpty() && !message.calls().isEmpty()) {
            json.putNull("content");
        } else {
            json.put("content", message.content());
        }
        if (!message.reasoning().isEmpty()) {
            json.put("reasoning_content", message.reasoning());
        }
        if (!message.calls().isEmpty()) {
            ArrayNode calls = json.putArray("tool_calls");
            for (ToolCall call : message.calls()) {
                calls.addObject()
                        .put("id", call.id())
                        .put("type", "function")
                        .putObject("function")
                        .put("name", call.name())
                        .put("arguments", call.arguments());
            }
        }
        return json;
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

    /** @param calls whether the message calls tools */
    static String finishReason(FinishReason reason, boolean calls) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> calls ? "tool_calls" : "stop";
            case LIMIT, CONTEXT_FULL, CANCELLED -> "length";
        };
    }
}
