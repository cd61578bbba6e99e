package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Prompt;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code system_prompt} of 2023: a text that stands before every prompt. Then it changed all slots for everybody; here it
 * is the request's own, and its caller's later ones where the server allows that.
 *
 * @param text "" for none
 * @param antiPrompt what a client stops at, told to clients as {@code user_name}; never acted on
 * @param assistantName told to clients; never acted on
 */
record SystemPrompt(String text, String antiPrompt, String assistantName) {

    static final SystemPrompt NONE = new SystemPrompt("", "", "");

    private static final String NAME = "system_prompt";

    /** An object with {@code prompt}, {@code anti_prompt} and {@code assistant_name}, or the text alone. */
    static Optional<SystemPrompt> read(Fields fields) {
        if (fields.node(NAME).filter(JsonNode::isTextual).isPresent()) {
            return fields.text(NAME).map(text -> new SystemPrompt(text, "", ""));
        }
        return fields.object(NAME)
                .map(object -> new SystemPrompt(
                        object.text("prompt").orElse(""),
                        object.text("anti_prompt").orElse(""),
                        object.text("assistant_name").orElse("")));
    }

    /** Puts the text before a prompt. */
    Prompt before(Prompt prompt) {
        if (text.isEmpty()) {
            return prompt;
        }
        List<Prompt> parts = new ArrayList<>();
        parts.add(new Prompt.Text(text, true, true));
        switch (prompt) {
            case Prompt.Parts(List<Prompt> several) -> several.forEach(part -> parts.add(inside(part)));
            default -> parts.add(inside(prompt));
        }
        return new Prompt.Parts(parts);
    }

    /** The same as two of the fields of {@code GET /props}. */
    void putInto(ObjectNode props) {
        props.put("assistant_name", assistantName).put("user_name", antiPrompt);
    }

    /** What a text begins with stands at the beginning only. */
    private static Prompt inside(Prompt part) {
        return part instanceof Prompt.Text(String text, boolean _, boolean parseSpecial)
                ? new Prompt.Text(text, false, parseSpecial)
                : part;
    }
}
