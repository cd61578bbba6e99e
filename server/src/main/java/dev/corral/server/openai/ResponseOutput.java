package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageDelta.CallDelta;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The items of a response's output, of which the last may be growing, and the events that tell of them.
 *
 * <p>Used by the request's thread only.
 */
final class ResponseOutput {

    /** Takes an event; its type and number are not in it yet. */
    @FunctionalInterface
    interface Events {
        void send(String type, ObjectNode event);
    }

    private final Events events;
    private final List<ResponseItem> items = new ArrayList<>();
    private @Nullable ResponseItem open;
    private int openCall = -1;

    ResponseOutput(Events events) {
        this.events = events;
    }

    void add(MessageDelta delta) {
        if (!delta.reasoning().isEmpty()) {
            grow(item(ResponseItem.Kind.REASONING), delta.reasoning());
        }
        if (!delta.content().isEmpty()) {
            grow(item(ResponseItem.Kind.TEXT), delta.content());
        }
        delta.calls().forEach(this::add);
    }

    private void add(CallDelta call) {
        if (call.begins() || call.index() != openCall) {
            close("completed");
            openCall = call.index();
            begin(ResponseItem.call(call.id(), call.name()));
        }
        if (!call.arguments().isEmpty()) {
            grow(opened(), call.arguments());
        }
    }

    /** Nothing will be added; an output of nothing is an empty text. */
    void finish(boolean complete) {
        if (items.isEmpty()) {
            item(ResponseItem.Kind.TEXT);
        }
        close(complete ? "completed" : "incomplete");
    }

    ArrayNode json() {
        ArrayNode json = Json.array();
        items.forEach(item -> json.add(item.json()));
        return json;
    }

    private ResponseItem opened() {
        ResponseItem item = open;
        if (item == null) {
            throw new IllegalStateException("no item is open");
        }
        return item;
    }

    private ResponseItem item(ResponseItem.Kind kind) {
        ResponseItem item = open;
        if (item != null && item.kind() == kind) {
            return item;
        }
        close("completed");
        return begin(ResponseItem.of(kind));
    }

    private ResponseItem begin(ResponseItem item) {
        open = item;
        items.add(item);
        events.send("response.output_item.added", placed().set("item", item.json()));
        if (item.kind() != ResponseItem.Kind.CALL) {
            events.send("response.content_part.added", within(item).set("part", item.part()));
        }
        return item;
    }

    private void grow(ResponseItem item, String more) {
        item.append(more);
        ObjectNode delta = within(item).put("delta", more);
        if (item.kind() == ResponseItem.Kind.TEXT) {
            delta.putArray("logprobs");
        }
        events.send(item.kind().event + ".delta", delta);
    }

    private void close(String status) {
        ResponseItem item = open;
        if (item == null) {
            return;
        }
        open = null;
        item.end(status);
        ObjectNode done = within(item).put(item.kind().field, item.text());
        switch (item.kind()) {
            case TEXT -> done.putArray("logprobs");
            case CALL -> done.put("name", item.name());
            case REASONING -> {}
        }
        events.send(item.kind().event + ".done", done);
        if (item.kind() != ResponseItem.Kind.CALL) {
            events.send("response.content_part.done", within(item).set("part", item.part()));
        }
        events.send("response.output_item.done", placed().set("item", item.json()));
    }

    private ObjectNode placed() {
        return Json.object().put("output_index", items.size() - 1);
    }

    private ObjectNode within(ResponseItem item) {
        ObjectNode place = placed().put("item_id", item.id());
        return item.kind() == ResponseItem.Kind.CALL ? place : place.put("content_index", 0);
    }
}
