package dev.corral.server.alpaca;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role user, assistant or system; others have no part in the prompt, but are repeated in the answer
 */
record Message(String role, String content) {

    static final String USER = "user";
    static final String ASSISTANT = "assistant";
    static final String SYSTEM = "system";

    private static final String MESSAGES = "messages";

    /** {@code messages}: an array, or a string that stands for one message of the user. */
    static List<Message> read(Fields fields) {
        JsonNode value = fields.node(MESSAGES).orElseThrow(() -> fields.missing(MESSAGES));
        if (value.isTextual()) {
            return List.of(new Message(USER, value.textValue()));
        }
        if (!value.isArray()) {
            throw fields.invalid(MESSAGES, value, "must be a string or an array of messages");
        }
        return fields.objects(MESSAGES).stream().map(Message::one).toList();
    }

    /** The first server wants {@code message}, the second {@code content}; either is understood. */
    private static Message one(Fields fields) {
        String role = fields.text("role").orElseThrow(() -> fields.missing("role"));
        String name = fields.either("message", "content");
        return new Message(role, fields.text(name).orElseThrow(() -> fields.missing(name)));
    }

    /** Whether a request's messages are written as only the first server wants them. */
    static boolean areAlpacas(Fields fields) {
        if (!fields.json().path(MESSAGES).isArray()) {
            return false;
        }
        for (JsonNode message : fields.json().get(MESSAGES)) {
            if (message.has("message") && !message.has("content")) {
                return true;
            }
        }
        return false;
    }

    ObjectNode toJson() {
        return Json.object().put("role", role).put("content", content);
    }
}
