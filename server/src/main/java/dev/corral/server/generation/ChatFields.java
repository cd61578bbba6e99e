package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Optional;

/**
 * A conversation in OpenAI's shape, checked, and how the template is to render it. A conversation that ends with the
 * assistant's message is continued, unless the request says otherwise.
 */
public final class ChatFields {

    private static final String ASSISTANT = "assistant";

    private ChatFields() {}

    /**
     * Reads a conversation.
     *
     * @param grammar what the answer must look like
     */
    public static ApplyTemplate read(Fields fields, Optional<Grammar> grammar) {
        List<Fields> messages = messages(fields);
        refuseTools(fields);
        boolean continued = continued(fields, messages);
        boolean opened = fields.flag("add_generation_prompt", !continued);
        if (continued && opened) {
            throw new InvalidRequestException(
                    "add_generation_prompt", "true", "must be false where the last message is continued");
        }
        return new ApplyTemplate(
                ChatMedia.marked(fields.json().get("messages")),
                Optional.empty(),
                "auto",
                false,
                grammar,
                opened,
                continued,
                templateArguments(fields));
    }

    private static List<Fields> messages(Fields fields) {
        ArrayNode array = fields.array("messages").orElseThrow(() -> fields.missing("messages"));
        if (array.isEmpty()) {
            throw fields.invalid("messages", array, "must have at least one message");
        }
        List<Fields> messages = fields.objects("messages");
        messages.forEach(ChatFields::check);
        return messages;
    }

    private static void check(Fields message) {
        String role = message.text("role").orElseThrow(() -> message.missing("role"));
        Optional<JsonNode> content = message.node("content");
        if (content.isEmpty()) {
            if (!role.equals(ASSISTANT) || !message.has("tool_calls")) {
                throw message.missing("content");
            }
            return;
        }
        switch (content.get()) {
            case ArrayNode _ -> message.objects("content").forEach(ChatFields::checkPart);
            case JsonNode text when text.isTextual() -> {}
            default -> throw message.invalid("content", content.get(), "must be a string or an array of parts");
        }
    }

    private static void checkPart(Fields part) {
        String type = part.text("type").orElseThrow(() -> part.missing("type"));
        switch (type) {
            case "text" -> {
                if (part.text("text").isEmpty()) {
                    throw part.missing("text");
                }
            }
            case "image_url", "input_audio" -> {} // read by ChatMedia
            case "input_video", "video_url", "file" ->
                throw new ApiException(
                        ApiError.Kind.UNSUPPORTED, "content of type '" + type + "' is not supported yet");
            default -> throw part.invalid("type", part.json().get("type"), "must be text, image_url or input_audio");
        }
    }

    private static void refuseTools(Fields fields) {
        boolean tools = fields.array("tools").filter(array -> !array.isEmpty()).isPresent()
                || fields.array("functions").filter(array -> !array.isEmpty()).isPresent();
        boolean declined = fields.node("tool_choice")
                .filter(choice -> choice.asText().equals("none"))
                .isPresent();
        if (tools && !declined) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'tools' are not supported yet");
        }
        fields.node("tool_choice")
                .filter(choice ->
                        !choice.asText().equals("none") && !choice.asText().equals("auto"))
                .ifPresent(choice -> {
                    throw fields.invalid("tool_choice", choice, "must be none or auto, since there are no tools");
                });
    }

    private static boolean continued(Fields fields, List<Fields> messages) {
        boolean assistantLast = isAssistant(messages.getLast());
        if (fields.has("continue_final_message")) {
            return fields.flag("continue_final_message", false);
        }
        if (!assistantLast || fields.flag("add_generation_prompt", false)) {
            return false;
        }
        if (messages.size() > 1 && isAssistant(messages.get(messages.size() - 2))) {
            throw new InvalidRequestException(
                    "messages", "two messages of the assistant at the end", "must end with one message to continue");
        }
        return true;
    }

    private static boolean isAssistant(Fields message) {
        return message.text("role").orElse("").equals(ASSISTANT);
    }

    private static Optional<String> templateArguments(Fields fields) {
        ObjectNode arguments = fields.object("chat_template_kwargs")
                .map(Fields::json)
                .map(ObjectNode::deepCopy)
                .orElseGet(Json::object);
        fields.text("reasoning_effort").ifPresent(effort -> {
            if (effort.equals("none")) {
                arguments.put("enable_thinking", false);
            } else {
                arguments.put("reasoning_effort", effort);
            }
        });
        return arguments.isEmpty() ? Optional.empty() : Optional.of(arguments.toString());
    }
}
