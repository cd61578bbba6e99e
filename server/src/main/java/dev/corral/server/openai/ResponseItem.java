package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.generation.AnswerId;
import dev.corral.server.http.Json;

/**
 * One item of a response's output.
 *
 * <p>Used by the request's thread only.
 */
final class ResponseItem {

    /** What an item is, and what its events and their fields are called. */
    enum Kind {
        REASONING("rs_", "response.reasoning_text", "text"),
        TEXT("msg_", "response.output_text", "text"),
        CALL("fc_", "response.function_call_arguments", "arguments");

        private final String prefix;
        final String event;
        final String field;

        Kind(String prefix, String event, String field) {
            this.prefix = prefix;
            this.event = event;
            this.field = field;
        }
    }

    private final Kind kind;
    private final String id;
    private final String callId;
    private final String name;
    private final StringBuilder text = new StringBuilder();
    private String status = "in_progress";

    private ResponseItem(Kind kind, String callId, String name) {
        this.kind = kind;
        this.id = AnswerId.random(kind.prefix);
        this.callId = callId;
        this.name = name;
    }

    static ResponseItem of(Kind kind) {
        return new ResponseItem(kind, "", "");
    }

    static ResponseItem call(String callId, String name) {
        return new ResponseItem(Kind.CALL, callId, name);
    }

    Kind kind() {
        return kind;
    }

    String id() {
        return id;
    }

    String name() {
        return name;
    }

    String text() {
        return text.toString();
    }

    void append(String more) {
        text.append(more);
    }

    void end(String newStatus) {
        status = newStatus;
    }

    /** The item as far as it has come. */
    ObjectNode json() {
        ObjectNode item = Json.object().put("id", id);
        switch (kind) {
            case REASONING -> {
                item.put("type", "reasoning").putArray("summary");
                content(item);
            }
            case TEXT -> {
                item.put("type", "message").put("role", "assistant");
                content(item);
            }
            case CALL ->
                item.put("type", "function_call")
                        .put("call_id", callId)
                        .put("name", name)
                        .put("arguments", text());
        }
        return item.put("status", status);
    }

    private void content(ObjectNode item) {
        var content = item.putArray("content");
        if (!text.isEmpty() || !status.equals("in_progress")) {
            content.add(part());
        }
    }

    /** The one part of its content. */
    ObjectNode part() {
        ObjectNode part = Json.object()
                .put("type", kind == Kind.REASONING ? "reasoning_text" : "output_text")
                .put("text", text());
        if (kind == Kind.TEXT) {
            part.putArray("annotations");
            part.putArray("logprobs");
        }
        return part;
    }
}
