package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.Usage;
import dev.corral.server.generation.AnswerId;
import dev.corral.server.generation.Completion;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Optional;

/**
 * What every part of one answer has in common, and its shapes.
 *
 * @param id unique, the same in all events of a stream
 * @param model the model's name, or the adapter's that was asked for as one
 * @param stopSequences the request's own
 */
record MessageAnswer(String id, String model, List<String> stopSequences) {

    MessageAnswer {
        stopSequences = List.copyOf(stopSequences);
    }

    static MessageAnswer of(MessageRequest request, String model) {
        return new MessageAnswer(AnswerId.random("msg_"), model, request.stopSequences());
    }

    /** The whole answer at once. */
    ObjectNode complete(Completion completion, Message said) {
        ObjectNode message = message();
        ArrayNode content = message.withArray("content");
        if (!said.reasoning().isEmpty()) {
            content.add(BlockJson.thinking(said.reasoning()));
        }
        if (!said.content().isEmpty()) {
            content.add(BlockJson.text(said.content()));
        }
        // what the token limit cut off is no JSON, and no input
        said.calls()
                .forEach(call -> content.add(BlockJson.toolUse(
                        call.id(),
                        call.name(),
                        Json.parseObject(call.arguments()).orElseGet(Json::object))));
        message.setAll(stop(completion, !said.calls().isEmpty()));
        message.set("usage", usage(completion.usage()));
        return message;
    }

    /** The message that a stream begins with: nothing said yet. */
    ObjectNode begun(int promptTokens, int cachedTokens) {
        ObjectNode message = message().putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", usage(promptTokens, cachedTokens, 0));
        return message;
    }

    /** Why the answer ended, and at which stop sequence. */
    ObjectNode stop(Completion completion, boolean calls) {
        Optional<String> sequence = completion.stoppingWord().filter(stopSequences::contains);
        return Json.object()
                .put("stop_reason", stopReason(completion.reason(), sequence.isPresent(), calls))
                .put("stop_sequence", sequence.orElse(null));
    }

    static ObjectNode usage(Usage usage) {
        return usage(usage.promptTokens(), usage.cachedTokens(), usage.generatedTokens());
    }

    /** Tokens of the prompt are counted once: as read anew, or as found in the cache. */
    private static ObjectNode usage(int promptTokens, int cachedTokens, int generatedTokens) {
        return Json.object()
                .put("input_tokens", promptTokens - cachedTokens)
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", cachedTokens)
                .put("output_tokens", generatedTokens);
    }

    private ObjectNode message() {
        ObjectNode message = Json.object()
                .put("id", id)
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        message.putArray("content");
        return message;
    }

    /** A stop string of the chat template ends a turn as the model would. */
    private static String stopReason(FinishReason reason, boolean atSequence, boolean calls) {
        return switch (reason) {
            case END_OF_TEXT -> calls ? "tool_use" : "end_turn";
            case STOP_STRING -> atSequence ? "stop_sequence" : calls ? "tool_use" : "end_turn";
            case CONTEXT_FULL -> "model_context_window_exceeded";
            case LIMIT, CANCELLED -> "max_tokens";
        };
    }
}
