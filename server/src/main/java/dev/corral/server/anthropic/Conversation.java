package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A conversation in Anthropic's shape, checked, and put into the shape that chat templates are given. Turns of one role
 * that follow each other become one; the assistant's at the end is continued.
 */
final class Conversation {

    private final List<Turn> turns = new ArrayList<>();

    private Conversation() {}

    /**
     * Reads a conversation.
     *
     * @param grammar what the answer must look like
     */
    static ApplyTemplate read(Fields fields, Optional<Grammar> grammar) {
        ToolFields.refuse(fields);
        Conversation conversation = new Conversation();
        SystemPrompt.read(fields).ifPresent(text -> conversation.turn("system").addText(text));
        conversation.add(fields);
        boolean continued = conversation.turns.getLast().isAssistant();
        ArrayNode messages = Json.array();
        conversation.turns.forEach(turn -> messages.add(turn.toJson()));
        return new ApplyTemplate(
                messages.toString(),
                Optional.empty(),
                grammar,
                !continued,
                continued,
                false,
                templateArguments(fields));
    }

    private void add(Fields fields) {
        ArrayNode array = fields.array("messages").orElseThrow(() -> fields.missing("messages"));
        if (array.isEmpty()) {
            throw fields.invalid("messages", array, "must have at least one message");
        }
        fields.objects("messages").forEach(this::addMessage);
    }

    private void addMessage(Fields message) {
        String role = message.text("role").orElseThrow(() -> message.missing("role"));
        Turn turn = switch (role) {
            case "user", "assistant", "system" -> turn(role);
            default -> throw message.invalid("role", message.json().get("role"), "must be user, assistant or system");
        };
        JsonNode content = message.node("content").orElseThrow(() -> message.missing("content"));
        switch (content) {
            case ArrayNode _ -> message.objects("content").forEach(block -> addBlock(turn, block));
            case JsonNode text when text.isTextual() -> turn.addText(text.textValue());
            default -> throw message.invalid("content", content, "must be a string or an array of blocks");
        }
    }

    private static void addBlock(Turn turn, Fields block) {
        String type = block.text("type").orElseThrow(() -> block.missing("type"));
        switch (type) {
            case "text" -> turn.addText(block.text("text").orElseThrow(() -> block.missing("text")));
            case "thinking" -> turn.addThought(block.text("thinking").orElseThrow(() -> block.missing("thinking")));
            case "redacted_thinking" -> {} // nobody can read it
            default -> throw ToolFields.notText(block, type);
        }
    }

    /** The turn that what comes next belongs to. */
    private Turn turn(String role) {
        if (turns.isEmpty() || !turns.getLast().role().equals(role)) {
            turns.add(new Turn(role));
        }
        return turns.getLast();
    }

    private static Optional<String> templateArguments(Fields fields) {
        ObjectNode arguments = fields.object("chat_template_kwargs")
                .map(Fields::json)
                .map(ObjectNode::deepCopy)
                .orElseGet(Json::object);
        fields.object("thinking").ifPresent(thinking -> arguments.put("enable_thinking", thinks(thinking)));
        fields.object("output_config")
                .flatMap(config -> config.text("effort"))
                .ifPresent(effort -> arguments.put("reasoning_effort", effort));
        return arguments.isEmpty() ? Optional.empty() : Optional.of(arguments.toString());
    }

    private static boolean thinks(Fields thinking) {
        String type = thinking.text("type").orElseThrow(() -> thinking.missing("type"));
        return switch (type) {
            case "enabled", "adaptive" -> true;
            case "disabled" -> false;
            default ->
                throw thinking.invalid("type", thinking.json().get("type"), "must be enabled, adaptive or disabled");
        };
    }
}
