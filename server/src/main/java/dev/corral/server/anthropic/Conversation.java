package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A conversation in Anthropic's shape, checked, and put into the shape that chat templates are given. Turns of one role
 * that follow each other become one; the assistant's at the end is continued.
 */
final class Conversation {

    private static final Set<String> NOT_SERVED = Set.of(
            "search_result", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "container_upload");

    private final List<Turn> turns = new ArrayList<>();
    private final Map<String, String> called = new HashMap<>();

    private Conversation() {}

    /**
     * Reads a conversation.
     *
     * @param grammar what the answer must look like
     */
    static ChatPrompt read(Fields fields, Optional<Grammar> grammar, ChatDefaults defaults) {
        Conversation conversation = new Conversation();
        SystemPrompt.read(fields).ifPresent(text -> conversation.turn("system").addText(text));
        conversation.add(fields);
        boolean continued = conversation.turns.getLast().isAssistant();
        ArrayNode messages = Json.array();
        List<MediaSource> images = new ArrayList<>();
        for (Turn turn : conversation.turns) {
            messages.addAll(turn.toJson());
            images.addAll(turn.images());
        }
        ApplyTemplate template = new ApplyTemplate(
                messages.toString(),
                ToolFields.read(fields),
                grammar,
                !continued,
                continued,
                defaults.reasoning(),
                templateArguments(fields, defaults));
        return new ChatPrompt(template, new ChatMedia(images));
    }

    private void add(Fields fields) {
        ArrayNode array = fields.array("messages").orElseThrow(() -> fields.missing("messages"));
        if (array.isEmpty()) {
            throw fields.invalid("messages", array, "must have at least one message");
        }
        fields.objects("messages").forEach(this::addMessage);
        Turn last = turns.getLast();
        if (last.isAssistant() && last.calls()) {
            throw new InvalidRequestException("messages", "a tool_use at the end", "must end with what the tool said");
        }
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

    private void addBlock(Turn turn, Fields block) {
        String type = block.text("type").orElseThrow(() -> block.missing("type"));
        switch (type) {
            case "text" -> turn.addText(block.text("text").orElseThrow(() -> block.missing("text")));
            case "thinking" -> turn.addThought(block.text("thinking").orElseThrow(() -> block.missing("thinking")));
            case "redacted_thinking" -> {} // nobody can read it
            case "image" -> addImage(turn, block);
            case "document" -> turn.addText(BlockSource.document(block));
            case "tool_use" -> addCall(turn, block);
            case "tool_result" -> addResult(turn, block);
            default -> throw unreadable(block, type);
        }
    }

    private static void addImage(Turn turn, Fields block) {
        if (!turn.isUser()) {
            throw block.invalid("type", TextNode.valueOf("image"), "must be in a message of the user");
        }
        turn.addImage(BlockSource.image(block));
    }

    private void addCall(Turn turn, Fields block) {
        if (!turn.isAssistant()) {
            throw block.invalid("type", TextNode.valueOf("tool_use"), "must be in a message of the assistant");
        }
        String id = block.text("id").orElseThrow(() -> block.missing("id"));
        String name = block.text("name").orElseThrow(() -> block.missing("name"));
        JsonNode input = block.node("input").orElseThrow(() -> block.missing("input"));
        if (!(input instanceof ObjectNode arguments)) {
            throw block.invalid("input", input, "must be an object");
        }
        called.put(id, name);
        turn.addCall(id, name, arguments);
    }

    private void addResult(Turn turn, Fields block) {
        if (!turn.isUser()) {
            throw block.invalid("type", TextNode.valueOf("tool_result"), "must be in a message of the user");
        }
        String id = block.text("tool_use_id").orElseThrow(() -> block.missing("tool_use_id"));
        String name = called.get(id);
        if (name == null) {
            throw block.invalid("tool_use_id", TextNode.valueOf(id), "must be the id of a tool_use before it");
        }
        turn.addResult(id, name, resultText(turn, block));
    }

    /** What a tool said; what it shows is the turn's. */
    private static String resultText(Turn turn, Fields block) {
        Optional<JsonNode> content = block.node("content");
        return switch (content.orElse(TextNode.valueOf(""))) {
            case ArrayNode _ -> {
                StringBuilder text = new StringBuilder();
                for (Fields part : block.objects("content")) {
                    String type = part.text("type").orElseThrow(() -> part.missing("type"));
                    switch (type) {
                        case "text" -> text.append(part.text("text").orElseThrow(() -> part.missing("text")));
                        case "document" -> text.append(BlockSource.document(part));
                        case "image" -> addImage(turn, part);
                        default -> throw unreadable(part, type);
                    }
                }
                yield text.toString();
            }
            case JsonNode text when text.isTextual() -> text.textValue();
            case JsonNode other -> throw block.invalid("content", other, "must be a string or an array of blocks");
        };
    }

    private static RuntimeException unreadable(Fields block, String type) {
        return NOT_SERVED.contains(type)
                ? new ApiException(ApiError.Kind.UNSUPPORTED, "content of type '" + type + "' is not supported")
                : block.invalid(
                        "type",
                        block.json().get("type"),
                        "must be text, image, document, thinking, redacted_thinking, tool_use or tool_result");
    }

    /** The turn that what comes next belongs to. */
    private Turn turn(String role) {
        if (turns.isEmpty() || !turns.getLast().role().equals(role)) {
            turns.add(new Turn(role));
        }
        return turns.getLast();
    }

    private static Optional<String> templateArguments(Fields fields, ChatDefaults defaults) {
        ObjectNode arguments = Json.object();
        defaults.templateArguments().forEach(arguments::set);
        fields.object("chat_template_kwargs").map(Fields::json).ifPresent(arguments::setAll);
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
