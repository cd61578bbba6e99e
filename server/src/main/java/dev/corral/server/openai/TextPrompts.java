package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Prompt;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;

/** {@code prompt} as OpenAI's clients write it: a string, an array of strings, token ids, or an array of arrays of them. */
final class TextPrompts {

    private static final String NAME = "prompt";

    private TextPrompts() {}

    static List<Prompt> read(Fields fields) {
        JsonNode value = fields.node(NAME).orElseThrow(() -> fields.missing(NAME));
        if (!(value instanceof ArrayNode array)
                || (!array.isEmpty() && array.get(0).isNumber())) {
            return List.of(one(fields, NAME, value));
        }
        if (array.isEmpty()) {
            throw fields.invalid(NAME, value, "must not be empty");
        }
        List<Prompt> prompts = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            prompts.add(one(fields, NAME + "[" + i + "]", array.get(i)));
        }
        return prompts;
    }

    private static Prompt one(Fields fields, String where, JsonNode value) {
        return switch (value) {
            case ArrayNode ids -> new Prompt.Ids(fields.tokens(where, ids));
            case JsonNode text when text.isTextual() -> Prompt.text(text.textValue());
            default ->
                throw fields.invalid(
                        where, value, "must be a string, an array of token ids, or an array of several of either");
        };
    }
}
