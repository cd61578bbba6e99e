package dev.corral.server.anthropic;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Usage;
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

    /** Writes the fields of an event besides its type. */
    @FunctionalInterface
    private interface Rest {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private final EventStream events;
    private int block = -1;
    private boolean open;

    MessageEvents(EventStream events) {
        this.events = events;
    }

    void begin(ObjectNode message) {
        send("message_start", json -> writeTree(json, "message", message));
    }

    /** More of the answer's text. */
    void text(String more) {
        if (!open) {
            openBlock(Json.object().put("type", "text").put("text", ""));
        }
        send("content_block_delta", json -> {
            json.writeNumberField("index", block);
            json.writeObjectFieldStart("delta");
            json.writeStringField("type", "text_delta");
            json.writeStringField("text", more);
            json.writeEndObject();
        });
    }

    void ping() {
        send("ping", _ -> {});
    }

    /** Ends the message. */
    void end(ObjectNode stop, Usage usage) {
        closeBlock();
        send("message_delta", json -> {
            writeTree(json, "delta", stop);
            writeTree(json, "usage", MessageAnswer.usage(usage));
        });
        send("message_stop", _ -> {});
    }

    private void openBlock(ObjectNode begun) {
        closeBlock();
        block++;
        open = true;
        send("content_block_start", json -> {
            json.writeNumberField("index", block);
            writeTree(json, "content_block", begun);
        });
    }

    private void closeBlock() {
        if (open) {
            open = false;
            send("content_block_stop", json -> json.writeNumberField("index", block));
        }
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
