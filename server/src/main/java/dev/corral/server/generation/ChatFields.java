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
    public static ApplyTemplate read(Fields fields, Optional<Grammar> grammar, ChatDefaults defaults) {
        List<Fields> messages = messages(fields);
        boolean continued = continued(fields, messages);
        boolean opened = fields.flag("add_generation_prompt", !continued);
        if (continued && opened) {
            throw new InvalidRequestException(
                    "add_generation_prompt", "true", "must be false where the last message is continued");
        }
        return new ApplyTemplate(
                ChatMedia.marked(fields.json().get("messages")),
                ToolFields.read(fields),
                grammar,
                opened,
                continued,
                reasoning(fields, defaults),
                templateArguments(fields, defaults));
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
        message.objects("tool_calls").forEach(ChatFields::checkCall);
        message.text("tool_call_id");
        message.text("name");
        message.text("reasoning_content");
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

    private static void checkCall(Fields call) {
        Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
        if (function.text("name").filter(name -> !name.isEmpty()).isEmpty()) {
            throw function.missing("name");
        }
        JsonNode arguments = function.node("arguments").orElseThrow(() -> function.missing("arguments"));
        if (!arguments.isTextual() && !arguments.isObject()) {
            throw function.invalid("arguments", arguments, "must be a string that holds JSON");
        }
        call.text("id");
        if (!call.text("type").orElse("").equals("function")) {
            throw call.invalid("type", call.json().path("type"), "must be function");
        }
    }

    private static boolean reasoning(Fields fields, ChatDefaults defaults) {
        Optional<String> format = fields.text("reasoning_format");
        if (format.isEmpty()) {
            return defaults.reasoning();
        }
        return ChatDefaults.tellsReasoningApart(format.get())
                .orElseThrow(() -> fields.invalid(
                        "reasoning_format", fields.json().get("reasoning_format"), ChatDefaults.REASONING_FORMATS));
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

    private static Optional<String> templateArguments(Fields fields, ChatDefaults defaults) {
        ObjectNode arguments = Json.object();
        defaults.templateArguments().forEach(arguments::set);
        fields.object("chat_template_kwargs").map(Fields::json).ifPresent(arguments::setAll);
        if (fields.has("enable_thinking")) {
            arguments.put("enable_thinking", fields.flag("enable_thinking", true));
        }
        if (arguments.has("enable_thinking")
                && !arguments.get("enable_thinking").isBoolean()) {
            throw fields.invalid(
                    "chat_template_kwargs.enable_thinking", arguments.get("enable_thinking"), "must be true or false");
        }
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
