package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Optional;

/**
 * {@code messages} in Ollama's shape, checked, and put into the shape that chat templates are given. Messages of one role
 * that follow each other become one; the assistant's at the end is continued.
 */
final class Conversation {

    private static final String ASSISTANT = "assistant";
    private static final String REASONING = "reasoning_content";

    private Conversation() {}

    /**
     * Reads a conversation.
     *
     * @param grammar what the answer must look like
     */
    static Input read(Fields fields, Optional<Grammar> grammar) {
        ToolFields.refuse(fields);
        Optional<String> arguments = Think.arguments(fields);
        List<Fields> messages = fields.objects("messages");
        ArrayNode turns = Json.array();
        messages.forEach(message -> add(turns, message));
        return turns.isEmpty() ? new Input.Nothing() : new Input.Templated(template(turns, grammar, arguments));
    }

    /**
     * The question to the template.
     *
     * @param turns messages in OpenAI's shape, at least one
     */
    static ApplyTemplate template(ArrayNode turns, Optional<Grammar> grammar, Optional<String> arguments) {
        boolean continued = role(turns.get(turns.size() - 1)).equals(ASSISTANT);
        return new ApplyTemplate(turns.toString(), Optional.empty(), grammar, !continued, continued, false, arguments);
    }

    private static void add(ArrayNode turns, Fields message) {
        String role = message.text("role").orElseThrow(() -> message.missing("role"));
        switch (role) {
            case "system", "user", ASSISTANT -> {}
            case "tool" -> throw ToolFields.notYet("messages of role 'tool'");
            default ->
                throw message.invalid("role", message.json().get("role"), "must be system, user, assistant or tool");
        }
        ToolFields.refuseCalls(message);
        Images.refuse(message);
        String content = message.text("content").orElse("");
        Optional<String> thought = message.text("thinking").filter(text -> !text.isEmpty());
        JsonNode last = turns.isEmpty() ? Json.object() : turns.get(turns.size() - 1);
        if (role(last).equals(role)) {
            ObjectNode turn = (ObjectNode) last;
            turn.put("content", turn.path("content").asText() + "\n\n" + content);
            thought.ifPresent(text -> turn.put(REASONING, turn.path(REASONING).asText("") + text));
        } else {
            ObjectNode turn = turns.addObject().put("role", role).put("content", content);
            thought.ifPresent(text -> turn.put(REASONING, text));
        }
    }

    private static String role(JsonNode turn) {
        return turn.path("role").asText();
    }
}
