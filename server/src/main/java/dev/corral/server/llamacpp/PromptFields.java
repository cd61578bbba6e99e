package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;

/**
 * A text or tokens in all the shapes that clients write them: {@code "text"}, {@code [1, 2, 3]}, {@code [1, "text", 3]},
 * {@code {"prompt_string": "text <__media__>", "multimodal_data": ["base64"]}}; and, as a prompt, an array of these, which means several prompts.
 */
final class PromptFields {

    private final Fields fields;
    private final String name;
    private final boolean addSpecial;
    private final boolean parseSpecial;

    private PromptFields(Fields fields, String name, boolean addSpecial, boolean parseSpecial) {
        this.fields = fields;
        this.name = name;
        this.addSpecial = addSpecial;
        this.parseSpecial = parseSpecial;
    }

    /** The request's prompts, at least one, in the field of this name. */
    static List<Prompt> prompts(Fields fields, String name) {
        JsonNode value = fields.node(name).orElseThrow(() -> fields.missing(name));
        PromptFields reader = new PromptFields(fields, name, true, true);
        if (!(value instanceof ArrayNode array) || hasNumber(array)) {
            return List.of(reader.one(name, value));
        }
        if (array.isEmpty()) {
            throw fields.invalid(name, value, "must not be empty");
        }
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            prompts.add(reader.one(name + "[" + i + "]", array.get(i)));
        }
        return prompts;
    }

    /** One text, or one array of texts and tokens. */
    static Prompt content(Fields fields, String name, boolean addSpecial, boolean parseSpecial) {
        JsonNode value = fields.node(name).orElseThrow(() -> fields.missing(name));
        return new PromptFields(fields, name, addSpecial, parseSpecial).one(name, value);
    }

    private Prompt one(String where, JsonNode value) {
        return switch (value) {
            case ArrayNode array -> parts(where, array);
            case ObjectNode object -> wrapped(where, object);
            case JsonNode text when text.isTextual() -> new Prompt.Text(text.textValue(), addSpecial, parseSpecial);
            default -> throw wrong(where, value);
        };
    }

    private Prompt wrapped(String where, ObjectNode object) {
        JsonNode text = object.path("prompt_string");
        if (!text.isTextual()) {
            throw wrong(where, object);
        }
        Prompt.Text prompt = new Prompt.Text(text.textValue(), addSpecial, parseSpecial);
        JsonNode data = object.path("multimodal_data");
        if (data.isMissingNode() || data.isNull()) {
            return prompt;
        }
        String name = where + ".multimodal_data";
        if (!(data instanceof ArrayNode array)) {
            throw fields.invalid(name, data, "must be an array of images and sounds in base64");
        }
        List<MediaFile> files = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            files.add(MediaFields.file(fields, name + "[" + i + "]", array.get(i)));
        }
        return files.isEmpty()
                ? prompt
                : MediaFields.shown(prompt, MediaFields.MARKER, files, fields.path(where + ".prompt_string"));
    }

    private Prompt parts(String where, ArrayNode array) {
        List<Prompt> parts = new ArrayList<>();
        ArrayNode run = array.arrayNode();
        for (JsonNode element : array) {
            if (element.isIntegralNumber()) {
                run.add(element);
            } else if (element.isTextual()) {
                endRun(parts, run);
                parts.add(new Prompt.Text(element.textValue(), addSpecial && parts.isEmpty(), parseSpecial));
            } else {
                throw wrong(where, element);
            }
        }
        endRun(parts, run);
        return switch (parts.size()) {
            case 0 -> new Prompt.Ids(Tokens.EMPTY);
            case 1 -> parts.getFirst();
            default -> new Prompt.Parts(parts);
        };
    }

    private void endRun(List<Prompt> parts, ArrayNode run) {
        if (!run.isEmpty()) {
            parts.add(new Prompt.Ids(fields.tokens(name, run)));
            run.removeAll();
        }
    }

    private InvalidRequestException wrong(String where, JsonNode value) {
        return fields.invalid(where, value, "must be a string, an array of token ids and strings, or several of these");
    }

    private static boolean hasNumber(ArrayNode array) {
        for (JsonNode element : array) {
            if (element.isNumber()) {
                return true;
            }
        }
        return false;
    }
}
