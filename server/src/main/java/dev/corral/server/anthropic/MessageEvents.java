package dev.corral.server.anthropic;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Usage;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageDelta.CallDelta;
import dev.corral.server.http.EventStream;
import dev.corral.server.http.Json;
import java.io.IOException;

/**
 * One answer as Anthropic's events: the message begins, its blocks begin, grow and stop one after the other, the message
 * ends. A block begins with the first that is in it, and stops when another begins.
 *
 * <p>Used by the request's thread only.
 */
final class MessageEvents {

    /** What the block that grows is. */
    private enum Block {
        NONE,
        THINKING,
        TEXT,
        TOOL_USE
    }

    /** Writes the fields of an event besides its type. */
    @FunctionalInterface
    private interface Rest {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private final EventStream events;
    private int index = -1;
    private Block open = Block.NONE;

    MessageEvents(EventStream events) {
        this.events = events;
    }

    void begin(ObjectNode message) {
        send("message_start", json -> writeTree(json, "message", message));
    }

    /** What has come to the message. */
    void grow(MessageDelta delta) {
        if (!delta.reasoning().isEmpty()) {
            if (open != Block.THINKING) {
                open(Block.THINKING, BlockJson.thinking(""));
            }
            sendDelta("thinking_delta", "thinking", delta.reasoning());
        }
        if (!delta.content().isEmpty()) {
            text(delta.content());
        }
        delta.calls().forEach(this::grow);
    }

    /** More of the answer's text. */
    void text(String more) {
        if (open != Block.TEXT) {
            open(Block.TEXT, BlockJson.text(""));
        }
        sendDelta("text_delta", "text", more);
    }

    private void grow(CallDelta call) {
        if (call.begins()) {
            open(Block.TOOL_USE, BlockJson.toolUse(call.id(), call.name(), Json.object()));
        }
        if (!call.arguments().isEmpty()) {
            sendDelta("input_json_delta", "partial_json", call.arguments());
        }
    }

    void ping() {
        send("ping", _ -> {});
    }

    /** Ends the message. */
    void end(ObjectNode stop, Usage usage) {
        close();
        send("message_delta", json -> {
            writeTree(json, "delta", stop);
            writeTree(json, "usage", MessageAnswer.usage(usage));
        });
        send("message_stop", _ -> {});
    }

    private void open(Block block, ObjectNode begun) {
        close();
        open = block;
        index++;
        send("content_block_start", json -> {
            json.writeNumberField("index", index);
            writeTree(json, "content_block", begun);
        });
    }

    private void close() {
        if (open == Block.NONE) {
            return;
        }
        if (open == Block.THINKING) {
            sendDelta("signature_delta", "signature", "");
        }
        open = Block.NONE;
        send("content_block_stop", json -> json.writeNumberField("index", index));
    }

    private void sendDelta(String type, String field, String more) {
        send("content_block_delta", json -> {
            json.writeNumberField("index", index);
            json.writeObjectFieldStart("delta");
            json.writeStringField("type", type);
            json.writeStringField(field, more);
            json.writeEndObject();
        });
    }

    private void send(String type, Rest rest) {
        events.send(type, json -> {
            json.writeStartObject();
            json.writeStringField("type", type);
            rest.writeTo(json);
            json.writeEndObject();
        });
    }

    private static void writeTree(JsonGenerator json, String name, ObjectNode tree) throws IOException {
        json.writeFieldName(name);
        json.writeTree(tree);
    }
}
