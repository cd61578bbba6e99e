package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.engine.Tools;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.generation.ToolFields;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * {@code messages} in Ollama's shape, checked, and put into the shape that chat templates are given. Messages of one role
 * that follow each other become one; the assistant's at the end is continued.
 */
final class Conversation {

    private static final String ASSISTANT = "assistant";
    private static final String REASONING = "reasoning_content";
    private static final String CONTENT = "content";
    private static final String CALLS = "tool_calls";

    private final ArrayNode turns = Json.array();
    /** Calls that no message has answered, by their ids in their order; Ollama's clients need not name them. */
    private final Deque<String> unanswered = new ArrayDeque<>();

    private final List<MediaSource> images = new ArrayList<>();
    private int calls;

    /**
     * Reads a conversation.
     *
     * @param grammar what the answer must look like
     */
    static Input read(Fields fields, Optional<Grammar> grammar, ChatDefaults defaults) {
        Optional<Tools> tools = ToolFields.read(fields, Options.of(fields));
        Optional<String> arguments = Think.arguments(fields, defaults);
        Conversation conversation = new Conversation();
        fields.objects("messages").forEach(conversation::add);
        if (conversation.turns.isEmpty()) {
            return new Input.Nothing();
        }
        if (conversation.last().has(CALLS)) {
            throw new InvalidRequestException("messages", "tool_calls at the end", "must end with what the tool said");
        }
        return new Input.Templated(conversation.prompt(tools, grammar, defaults.reasoning(), arguments));
    }

    /** The question to the template; there must be a message. */
    ChatPrompt prompt(Optional<Tools> tools, Optional<Grammar> grammar, boolean reasoning, Optional<String> arguments) {
        boolean continued = role(last()).equals(ASSISTANT);
        ApplyTemplate template =
                new ApplyTemplate(turns.toString(), tools, grammar, !continued, continued, reasoning, arguments);
        return new ChatPrompt(template, new ChatMedia(images));
    }

    private JsonNode last() {
        return turns.isEmpty() ? Json.object() : turns.get(turns.size() - 1);
    }

    private void add(Fields message) {
        String role = message.text("role").orElseThrow(() -> message.missing("role"));
        List<MediaFile> shown = Images.read(message);
        if (!shown.isEmpty() && !role.equals("user")) {
            throw message.invalid("images", message.json().get("images"), "must be in a message of the user");
        }
        String content = message.text("content").orElse("");
        switch (role) {
            case "system", "user", ASSISTANT -> addSaid(message, role, content, shown);
            case "tool" -> addResult(message, content);
            default ->
                throw message.invalid("role", message.json().get("role"), "must be system, user, assistant or tool");
        }
    }

    private void addSaid(Fields message, String role, String content, List<MediaFile> shown) {
        Optional<String> thought = message.text("thinking").filter(text -> !text.isEmpty());
        ObjectNode turn = say(role, content, shown);
        thought.ifPresent(text -> turn.put(REASONING, turn.path(REASONING).asText("") + text));
        for (Fields call : message.objects(CALLS)) {
            addCall(turn, call);
        }
    }

    /** Adds a message: images, and the text below them. */
    ObjectNode say(String role, String text, List<MediaFile> shown) {
        if (!role(last()).equals(role) || last().has(CALLS)) {
            turns.addObject().put("role", role);
        }
        ObjectNode turn = (ObjectNode) last();
        JsonNode said = turn.path(CONTENT);
        if (shown.isEmpty() && !said.isArray()) {
            turn.put(CONTENT, said.isMissingNode() ? text : said.textValue() + "\n\n" + text);
            return turn;
        }
        ArrayNode parts = said instanceof ArrayNode several ? several : turn.putArray(CONTENT);
        if (said.isTextual()) {
            parts.add(textPart(said.textValue()));
        }
        if (!parts.isEmpty()) {
            parts.add(textPart("\n\n"));
        }
        for (MediaFile file : shown) {
            parts.add(ChatMedia.marker());
            images.add(new MediaSource.Given(file));
        }
        parts.add(textPart(text));
        return turn;
    }

    private static ObjectNode textPart(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private void addCall(ObjectNode turn, Fields call) {
        Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
        String name = function.text("name").orElseThrow(() -> function.missing("name"));
        JsonNode arguments = function.node("arguments").orElseGet(Json::object);
        if (!arguments.isObject()) {
            throw function.invalid("arguments", arguments, "must be an object");
        }
        String id = call.text("id").orElseGet(() -> "call_" + calls);
        calls++;
        unanswered.add(id);
        turn.withArray(CALLS)
                .addObject()
                .put("id", id)
                .put("type", "function")
                .putObject("function")
                .put("name", name)
                .put("arguments", arguments.toString());
    }

    private void addResult(Fields message, String content) {
        String next = unanswered.isEmpty() ? "" : unanswered.getFirst();
        String id = message.text("tool_call_id").orElse(next);
        unanswered.remove(id);
        ObjectNode turn =
                turns.addObject().put("role", "tool").put("tool_call_id", id).put("content", content);
        message.text("tool_name").ifPresent(name -> turn.put("name", name));
    }

    private static String role(JsonNode turn) {
        return turn.path("role").asText();
    }
}
