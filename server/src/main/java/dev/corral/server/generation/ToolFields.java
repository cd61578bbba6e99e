package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Tools;
import dev.corral.engine.Tools.Choice;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The functions that a model may call, in the shape of OpenAI's chat completions, checked. */
public final class ToolFields {

    private static final int MAX_TOOLS = 128;
    private static final int LONGEST_NAME = 64;
    private static final String CHOICES =
            "must be none, auto, required or a function: " + "{\"type\": \"function\", \"function\": {\"name\": …}}";

    private ToolFields() {}

    /** What the request offers, cut down to what it lets the model choose from; empty where it offers nothing. */
    public static Optional<Tools> read(Fields fields) {
        return read(fields, fields);
    }

    /**
     * The same where the choice is elsewhere.
     *
     * @param choices has {@code tool_choice} and {@code parallel_tool_calls}
     */
    public static Optional<Tools> read(Fields fields, Fields choices) {
        refuseFunctions(fields);
        Functions tools = tools(fields);
        Optional<JsonNode> choice = choices.node("tool_choice");
        Optional<Boolean> parallel = choices.has("parallel_tool_calls")
                ? Optional.of(choices.flag("parallel_tool_calls", false))
                : Optional.empty();
        if (tools.isEmpty()) {
            choice.filter(value -> !isWord(value, "none") && !isWord(value, "auto"))
                    .ifPresent(value -> {
                        throw choices.invalid("tool_choice", value, "must be none or auto, since there are no tools");
                    });
            return Optional.empty();
        }
        return switch (choice.orElse(null)) {
            case null -> tools.toTools(Choice.AUTO, parallel);
            case ObjectNode _ -> chosen(choices, tools, parallel);
            case JsonNode word -> tools.toTools(choice(choices, "tool_choice", word), parallel);
        };
    }

    private static void refuseFunctions(Fields fields) {
        if (fields.array("functions").filter(array -> !array.isEmpty()).isPresent()) {
            throw new ApiException(
                    ApiError.Kind.UNSUPPORTED, "'functions' are not supported; 'tools' are what they became");
        }
    }

    private static boolean isWord(JsonNode value, String word) {
        return value.isTextual() && value.textValue().equals(word);
    }

    private static Functions tools(Fields fields) {
        Functions tools = new Functions(LONGEST_NAME);
        for (Fields tool : fields.objects("tools")) {
            String type = tool.text("type").orElseThrow(() -> tool.missing("type"));
            if (!type.equals("function")) {
                throw tool.invalid("type", tool.json().get("type"), "must be function");
            }
            tools.add(tool.object("function").orElseThrow(() -> tool.missing("function")), "parameters", Json::object);
        }
        tools.requireAtMost(MAX_TOOLS, fields);
        return tools;
    }

    private static Choice choice(Fields fields, String field, JsonNode word) {
        return switch (word.isTextual() ? word.textValue() : "") {
            case "none" -> Choice.NONE;
            case "auto" -> Choice.AUTO;
            case "required", "any" -> Choice.REQUIRED;
            default -> throw fields.invalid(field, word, CHOICES);
        };
    }

    private static Optional<Tools> chosen(Fields fields, Functions tools, Optional<Boolean> parallel) {
        Fields choice = fields.object("tool_choice").orElseThrow();
        switch (choice.text("type").orElse("function")) {
            case "function" -> {
                Fields function = choice.object("function").orElseThrow(() -> choice.missing("function"));
                String name = function.text("name").orElseThrow(() -> function.missing("name"));
                return tools.only(Set.of(name), function).toTools(Choice.REQUIRED, parallel);
            }
            case "allowed_tools" -> {
                Fields allowed = choice.object("allowed_tools").orElseThrow(() -> choice.missing("allowed_tools"));
                Set<String> names = allowed.objects("tools").stream()
                        .map(tool -> tool.object("function").orElseThrow(() -> tool.missing("function")))
                        .map(function -> function.text("name").orElseThrow(() -> function.missing("name")))
                        .collect(Collectors.toSet());
                Choice mode = allowed.node("mode")
                        .map(word -> choice(allowed, "mode", word))
                        .orElse(Choice.AUTO);
                return tools.only(names, allowed).toTools(mode, parallel);
            }
            default -> throw choice.invalid("type", choice.json().get("type"), "must be function or allowed_tools");
        }
    }
}
