package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Fields;
import java.time.Duration;

/** The two routes that generate text, which differ in where an answer has it. */
enum Shape {
    /** {@code "message": {"role": "assistant", "content": "…"}}. */
    CHAT("messages", "content"),
    /** {@code "response": "…"}. */
    GENERATE("prompt", "response");

    private final String asked;
    private final String said;

    Shape(String asked, String said) {
        this.asked = asked;
        this.said = said;
    }

    /** The field of a request that has what is to be answered. */
    String asked() {
        return asked;
    }

    /** The field that has the text, of the object that {@link #within} gives. */
    String said() {
        return said;
    }

    /** Whether a request asks nothing, but that the model leave memory. */
    boolean onlyEnds(Fields request) {
        return KeepAlive.read(request).filter(Duration::isZero).isPresent()
                && switch (this) {
                    case CHAT -> request.array(asked).map(ArrayNode::isEmpty).orElse(true);
                    case GENERATE -> request.text(asked).map(String::isEmpty).orElse(true);
                };
    }

    /** Where in an answer its text and its thoughts go. */
    ObjectNode within(ObjectNode answer) {
        return switch (this) {
            case CHAT -> answer.putObject("message").put("role", "assistant");
            case GENERATE -> answer;
        };
    }
}
