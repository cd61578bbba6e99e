package dev.corral.server.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Event;
import dev.corral.engine.TokenLogprob;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageDelta.CallDelta;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.EventStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The chunks of a streamed chat answer. */
final class ChatChunks {

    /** Writes a part of a chunk. */
    @FunctionalInterface
    private interface Part {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private static final Part NOTHING = _ -> {};

    private final ChatRequest request;
    private final ChatAnswer answer;

    ChatChunks(ChatRequest request, ChatAnswer answer) {
        this.request = request;
        this.answer = answer;
    }

    EventStream.Data begin(int index) {
        return chunk(
                index,
                delta -> {
                    delta.writeStringField("role", "assistant");
                    delta.writeStringField("content", "");
                },
                List.of(),
                Optional.empty(),
                NOTHING);
    }

    EventStream.Data text(int index, String text, List<TokenLogprob> logprobs, Optional<TimingsJson> timings) {
        return chunk(
                index,
                delta -> delta.writeStringField("content", text),
                logprobs,
                Optional.empty(),
                json -> writeTimings(json, timings.map(TimingsJson::toJson)));
    }

    /** One for each kind of thing that has come; the first has the logprobs of all. */
    List<EventStream.Data> message(
            int index, MessageDelta delta, List<TokenLogprob> logprobs, Optional<TimingsJson> timings) {
        List<Part> parts = new ArrayList<>();
        if (!delta.reasoning().isEmpty()) {
            parts.add(json -> json.writeStringField("reasoning_content", delta.reasoning()));
        }
        if (!delta.content().isEmpty()) {
            parts.add(json -> json.writeStringField("content", delta.content()));
        }
        delta.calls().forEach(call -> parts.add(json -> writeCall(json, call)));
        if (parts.isEmpty()) {
            parts.add(NOTHING);
        }
        List<EventStream.Data> chunks = new ArrayList<>();
        for (Part part : parts) {
            chunks.add(chunk(
                    index,
                    part,
                    chunks.isEmpty() ? logprobs : List.of(),
                    Optional.empty(),
                    json -> writeTimings(json, timings.map(TimingsJson::toJson))));
        }
        return chunks;
    }

    EventStream.Data end(int index, String reason, Optional<ObjectNode> timings) {
        return chunk(index, NOTHING, List.of(), Optional.of(reason), json -> writeTimings(json, timings));
    }

    EventStream.Data usage(List<Completion> completions) {
        return json -> {
            writeHead(json);
            json.writeArrayFieldStart("choices");
            json.writeEndArray();
            writeTree(json, "usage", ChatAnswer.usage(completions));
            writeTree(json, "timings", ChatAnswer.timings(completions.getFirst()));
            json.writeEndObject();
        };
    }

    EventStream.Data progress(Event.Progress progress) {
        return chunk(0, NOTHING, List.of(), Optional.empty(), json -> {
            json.writeObjectFieldStart("prompt_progress");
            json.writeNumberField("total", progress.promptTokens());
            json.writeNumberField("cache", progress.cachedTokens());
            json.writeNumberField("processed", progress.processedTokens());
            json.writeNumberField("time_ms", progress.nanos() / 1_000_000);
            json.writeEndObject();
        });
    }

    private EventStream.Data chunk(
            int index, Part delta, List<TokenLogprob> logprobs, Optional<String> finishReason, Part tail) {
        return json -> {
            writeHead(json);
            json.writeArrayFieldStart("choices");
            json.writeStartObject();
            json.writeNumberField("index", index);
            json.writeObjectFieldStart("delta");
            delta.writeTo(json);
            json.writeEndObject();
            if (!logprobs.isEmpty()) {
                json.writeObjectFieldStart("logprobs");
                writeTree(json, "content", ChatAnswer.logprobs(request, logprobs));
                json.writeEndObject();
            }
            json.writeFieldName("finish_reason");
            if (finishReason.isPresent()) {
                json.writeString(finishReason.get());
            } else {
                json.writeNull();
            }
            json.writeEndObject();
            json.writeEndArray();
            if (request.includeUsage()) {
                json.writeNullField("usage");
            }
            tail.writeTo(json);
            json.writeEndObject();
        };
    }

    private static void writeCall(JsonGenerator json, CallDelta call) throws IOException {
        json.writeArrayFieldStart("tool_calls");
        json.writeStartObject();
        json.writeNumberField("index", call.index());
        if (call.begins()) {
            json.writeStringField("id", call.id());
            json.writeStringField("type", "function");
        }
        json.writeObjectFieldStart("function");
        if (call.begins()) {
            json.writeStringField("name", call.name());
        }
        json.writeStringField("arguments", call.arguments());
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndArray();
    }

    private void writeHead(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", answer.id());
        json.writeStringField("object", "chat.completion.chunk");
        json.writeNumberField("created", answer.created());
        json.writeStringField("model", answer.model());
        json.writeStringField("system_fingerprint", answer.fingerprint());
    }

    private static void writeTimings(JsonGenerator json, Optional<ObjectNode> timings) throws IOException {
        if (timings.isPresent()) {
            writeTree(json, "timings", timings.get());
        }
    }

    private static void writeTree(JsonGenerator json, String name, JsonNode tree) throws IOException {
        json.writeFieldName(name);
        json.writeTree(tree);
    }
}
