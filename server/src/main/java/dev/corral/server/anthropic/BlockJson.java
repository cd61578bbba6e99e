package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Json;

/** The blocks of an answer's content. */
final class BlockJson {

    private BlockJson() {}

    static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    /** A signature is Anthropic's proof that a thought is the model's own; there is none here. */
    static ObjectNode thinking(String thought) {
        return Json.object().put("type", "thinking").put("thinking", thought).put("signature", "");
    }

    static ObjectNode toolUse(String id, String name, ObjectNode input) {
        return Json.object()
                .put("type", "tool_use")
                .put("id", id)
                .put("name", name)
                .set("input", input);
    }
}
