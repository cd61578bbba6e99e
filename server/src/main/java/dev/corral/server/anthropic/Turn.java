package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;

/** What one side of a conversation says before the other does. */
final class Turn {

    private static final String ASSISTANT = "assistant";

    private final String role;
    private final List<String> texts = new ArrayList<>();
    private final StringBuilder thoughts = new StringBuilder();

    Turn(String role) {
        this.role = role;
    }

    String role() {
        return role;
    }

    boolean isAssistant() {
        return role.equals(ASSISTANT);
    }

    void addText(String text) {
        texts.add(text);
    }

    void addThought(String thought) {
        thoughts.append(thought);
    }

    /** The message that a chat template is given. The assistant's texts are one, as it wrote them. */
    ObjectNode toJson() {
        ObjectNode message = Json.object().put("role", role);
        if (isAssistant() || texts.size() < 2) {
            message.put("content", String.join("", texts));
        } else {
            ArrayNode parts = message.putArray("content");
            texts.forEach(text -> parts.addObject().put("type", "text").put("text", text));
        }
        if (!thoughts.isEmpty()) {
            message.put("reasoning_content", thoughts.toString());
        }
        return message;
    }
}
