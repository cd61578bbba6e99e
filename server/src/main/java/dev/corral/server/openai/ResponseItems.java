package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The input of a response, as messages of a chat completion.
 *
 * <p>Images are kept in the messages, too, so that a later request can go on from them.
 */
final class ResponseItems {

    private static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");

    private final ArrayNode messages = Json.array();
    private final List<MediaSource> media = new ArrayList<>();
    private Optional<String> thought = Optional.empty();

    private ResponseItems() {}

    /** @throws dev.corral.engine.InvalidRequestException when {@code input} is malformed */
    static ResponseItems read(Fields fields) {
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
        return items;
    }

    ArrayNode messages() {
        return messages;
    }

    /** The images and sounds of its messages, in order. */
    List<MediaSource> media() {
        return List.copyOf(media);
    }

    private void add(Fields item) {
        switch (item.text("type").orElse("message")) {
            case "message" -> addMessage(item);
            case "function_call" -> addCall(item);
            case "function_call_output" -> addOutput(item);
            case "reasoning" ->
                thought = Optional.of(text(parts(item, item.has("content") ? "content" : "summary")))
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
        ArrayNode parts = parts(item, "content");
        if (shown(parts).isEmpty()) {
            message(role).put("content", text(parts));
        } else if (role.equals("user")) {
            message(role).set("content", parts);
        } else {
            throw item.invalid("role", TextNode.valueOf(role), "must be user where an image or sound is shown");
        }
    }

    private void addCall(Fields item) {
        ObjectNode call = Json.object().put("id", required(item, "call_id")).put("type", "function");
        call.putObject("function").put("name", required(item, "name")).put("arguments", required(item, "arguments"));
        caller().withArray("tool_calls").add(call);
    }

    private void addOutput(Fields item) {
        String id = required(item, "call_id");
        ArrayNode parts = parts(item, "output");
        message("tool").put("tool_call_id", id).put("content", text(parts));
        if (!shown(parts).isEmpty()) {
            message("user").set("content", shown(parts));
        }
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

    private static String text(ArrayNode parts) {
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(part.path("text").asText("")));
        return text.toString();
    }

    /** Those that are no text. */
    private static ArrayNode shown(ArrayNode parts) {
        ArrayNode shown = Json.array();
        parts.forEach(part -> {
            if (!part.has("text")) {
                shown.add(part);
            }
        });
        return shown;
    }

    /** A string, or parts, as the parts of a chat completion. */
    private ArrayNode parts(Fields item, String name) {
        JsonNode value = item.node(name).orElseThrow(() -> item.missing(name));
        ArrayNode parts = Json.array();
        if (value.isTextual()) {
            return parts.add(textPart(value.textValue()));
        }
        for (Fields part : item.objects(name)) {
            String type = part.text("type").orElseThrow(() -> part.missing("type"));
            parts.add(
                    switch (type) {
                        case "input_text", "output_text", "text", "summary_text", "reasoning_text" ->
                            textPart(required(part, "text"));
                        case "refusal" -> textPart(required(part, "refusal"));
                        case "input_image" -> image(part);
                        case "input_audio" -> {
                            media.add(ChatMedia.source(part, type));
                            yield part.json();
                        }
                        default ->
                            throw new ApiException(
                                    ApiError.Kind.UNSUPPORTED, "content of type '" + type + "' is not supported yet");
                    });
        }
        return parts;
    }

    private static ObjectNode textPart(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private ObjectNode image(Fields part) {
        if (part.has("file_id")) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'file_id' is not supported: no files are kept here");
        }
        media.add(MediaFields.source(part, "image_url"));
        ObjectNode image = Json.object().put("type", "image_url");
        image.putObject("image_url").set("url", part.json().get("image_url"));
        return image;
    }
}
