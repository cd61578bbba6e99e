package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;

/** What one side of a conversation says before the other does. */
final class Turn {

    private static final String ASSISTANT = "assistant";

    private final String role;
    private final ArrayNode parts = Json.array();
    private final List<MediaSource> images = new ArrayList<>();
    private final StringBuilder thoughts = new StringBuilder();
    private final ArrayNode calls = Json.array();
    private final List<ObjectNode> results = new ArrayList<>();

    Turn(String role) {
        this.role = role;
    }

    String role() {
        return role;
    }

    boolean isAssistant() {
        return role.equals(ASSISTANT);
    }

    boolean isUser() {
        return role.equals("user");
    }

    /** Whether it ends with calls that nobody has answered. */
    boolean calls() {
        return !calls.isEmpty();
    }

    void addText(String text) {
        parts.addObject().put("type", "text").put("text", text);
    }

    void addImage(MediaSource image) {
        parts.add(ChatMedia.marker());
        images.add(image);
    }

    /** Its images, in order. */
    List<MediaSource> images() {
        return List.copyOf(images);
    }

    void addThought(String thought) {
        thoughts.append(thought);
    }

    void addCall(String id, String name, ObjectNode input) {
        calls.addObject()
                .put("id", id)
                .put("type", "function")
                .putObject("function")
                .put("name", name)
                .put("arguments", input.toString());
    }

    /** @param name of the tool that was called */
    void addResult(String id, String name, String content) {
        results.add(Json.object()
                .put("role", "tool")
                .put("tool_call_id", id)
                .put("name", name)
                .put("content", content));
    }

    /**
     * The messages that a chat template is given. Results come before what the user says beside them, right after the calls;
     * the images of a result are shown by the user. The assistant's texts are one, as it wrote them.
     */
    List<ObjectNode> toJson() {
        List<ObjectNode> messages = new ArrayList<>(results);
        if (results.isEmpty() || !parts.isEmpty()) {
            messages.add(said());
        }
        return messages;
    }

    private ObjectNode said() {
        ObjectNode message = Json.object().put("role", role);
        if (images.isEmpty() && (isAssistant() || parts.size() < 2)) {
            StringBuilder text = new StringBuilder();
            parts.forEach(part -> text.append(part.path("text").textValue()));
            message.put("content", text.toString());
        } else {
            message.set("content", parts);
        }
        if (!thoughts.isEmpty()) {
            message.put("reasoning_content", thoughts.toString());
        }
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        return message;
    }
}
