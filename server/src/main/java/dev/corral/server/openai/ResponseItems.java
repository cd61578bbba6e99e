package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The input of a response, as messages of a chat completion. */
final class ResponseItems {

    private static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");

    private final ArrayNode messages = Json.array();
    private Optional<String> thought = Optional.empty();

    private ResponseItems() {}

    /** @throws dev.corral.engine.InvalidRequestException when {@code input} is malformed */
    static ArrayNode messages(Fields fields) {
        ResponseItems items = new ResponseItems();
        JsonNode input = fields.node("input").orElseThrow(() -> fields.missing("input"));
        if (input.isTextual()) {
            items.message("user").set("content", input);
        } else {
            fields.objects("input").forEach(items::add);
        }
        if (items.messages.isEmpty()) {
            throw fields.invalid("input", input, "must have at least one item");
        }
        return items.messages;
    }

    private void add(Fields item) {
        switch (item.text("type").orElse("message")) {
            case "message" -> addMessage(item);
            case "function_call" -> addCall(item);
            case "function_call_output" -> addOutput(item);
            case "reasoning" ->
                thought = Optional.of(text(item, item.has("content") ? "content" : "summary"))
                        .filter(text -> !text.isEmpty());
            default ->
                throw new ApiException(
                        ApiError.Kind.UNSUPPORTED,
                        "an item of type '" + item.json().get("type").asText() + "' is not supported");
        }
    }

    private void addMessage(Fields item) {
        String role = item.text("role").orElseThrow(() -> item.missing("role"));
        if (!ROLES.contains(role)) {
            throw item.invalid(
                    "role",
                    TextNode.valueOf(role),
                    "must be one of " + ROLES.stream().sorted().toList());
        }
        message(role).put("content", text(item, "content"));
    }

    private void addCall(Fields item) {
        ObjectNode call = Json.object().put("id", required(item, "call_id")).put("type", "function");
        call.putObject("function").put("name", required(item, "name")).put("arguments", required(item, "arguments"));
        caller().withArray("tool_calls").add(call);
    }

    private void addOutput(Fields item) {
        String id = required(item, "call_id");
        message("tool").put("tool_call_id", id).put("content", text(item, "output"));
    }

    /** The assistant's message that calls belong to: the last, or one of its own. */
    private ObjectNode caller() {
        if (!messages.isEmpty()
                && messages.get(messages.size() - 1) instanceof ObjectNode last
                && last.path("role").asText().equals("assistant")) {
            return last;
        }
        return message("assistant").putNull("content");
    }

    private ObjectNode message(String role) {
        ObjectNode message = messages.addObject().put("role", role);
        if (role.equals("assistant")) {
            thought.ifPresent(text -> message.put("reasoning_content", text));
        }
        thought = Optional.empty();
        return message;
    }

    private static String required(Fields item, String name) {
        return item.text(name).orElseThrow(() -> item.missing(name));
    }

    /** A string, or parts that are text. */
    private static String text(Fields item, String name) {
        JsonNode value = item.node(name).orElseThrow(() -> item.missing(name));
        if (value.isTextual()) {
            return value.textValue();
        }
        StringBuilder text = new StringBuilder();
        List<Fields> parts = item.objects(name);
        for (Fields part : parts) {
            switch (part.text("type").orElseThrow(() -> part.missing("type"))) {
                case "input_text", "output_text", "text", "summary_text", "reasoning_text" ->
                    text.append(required(part, "text"));
                case "refusal" -> text.append(required(part, "refusal"));
                default ->
                    throw new ApiException(
                            ApiError.Kind.UNSUPPORTED,
                            "content of type '" + part.json().get("type").asText() + "' is not supported yet");
            }
        }
        return text.toString();
    }
}
