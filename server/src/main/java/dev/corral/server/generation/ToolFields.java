package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Tools;
import dev.corral.engine.Tools.Choice;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The functions that a model may call, in the shape of OpenAI's chat completions, checked. */
public final class ToolFields {

    private static final int MAX_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
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
        Map<String, ObjectNode> tools = tools(fields);
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
        return Optional.of(
                switch (choice.orElse(null)) {
                    case null -> offered(tools, Choice.AUTO, parallel);
                    case ObjectNode _ -> chosen(choices, tools, parallel);
                    case JsonNode word -> offered(tools, choice(choices, "tool_choice", word), parallel);
                });
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

    /** By name, in their order. */
    private static Map<String, ObjectNode> tools(Fields fields) {
        Map<String, ObjectNode> tools = new LinkedHashMap<>();
        for (Fields tool : fields.objects("tools")) {
            String type = tool.text("type").orElseThrow(() -> tool.missing("type"));
            if (!type.equals("function")) {
                throw tool.invalid("type", tool.json().get("type"), "must be function");
            }
            Fields function = tool.object("function").orElseThrow(() -> tool.missing("function"));
            String name = name(function);
            if (tools.putIfAbsent(name, function(function, name)) != null) {
                throw function.invalid("name", function.json().get("name"), "must be another than those before");
            }
        }
        if (tools.size() > MAX_TOOLS) {
            throw fields.invalid(
                    "tools", TextNode.valueOf(tools.size() + " functions"), "must have at most " + MAX_TOOLS);
        }
        return tools;
    }

    private static String name(Fields function) {
        String name = function.text("name").orElseThrow(() -> function.missing("name"));
        if (!NAME.matcher(name).matches()) {
            throw function.invalid(
                    "name", function.json().get("name"), "must be 1 to 64 letters, digits, underscores and dashes");
        }
        return name;
    }

    private static ObjectNode function(Fields function, String name) {
        ObjectNode checked = Json.object().put("name", name);
        function.text("description").ifPresent(text -> checked.put("description", text));
        JsonNode parameters = function.node("parameters").orElseGet(Json::object);
        if (!parameters.isObject()) {
            throw function.invalid("parameters", parameters, "must be a JSON schema, an object");
        }
        checked.set("parameters", parameters);
        return checked;
    }

    private static Choice choice(Fields fields, String field, JsonNode word) {
        return switch (word.isTextual() ? word.textValue() : "") {
            case "none" -> Choice.NONE;
            case "auto" -> Choice.AUTO;
            case "required", "any" -> Choice.REQUIRED;
            default -> throw fields.invalid(field, word, CHOICES);
        };
    }

    private static Tools chosen(Fields fields, Map<String, ObjectNode> tools, Optional<Boolean> parallel) {
        Fields choice = fields.object("tool_choice").orElseThrow();
        switch (choice.text("type").orElse("function")) {
            case "function" -> {
                Fields function = choice.object("function").orElseThrow(() -> choice.missing("function"));
                String name = function.text("name").orElseThrow(() -> function.missing("name"));
                return offered(only(tools, function, Set.of(name)), Choice.REQUIRED, parallel);
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
                return offered(only(tools, allowed, names), mode, parallel);
            }
            default -> throw choice.invalid("type", choice.json().get("type"), "must be function or allowed_tools");
        }
    }

    private static Map<String, ObjectNode> only(Map<String, ObjectNode> tools, Fields naming, Set<String> names) {
        if (names.isEmpty() || !tools.keySet().containsAll(names)) {
            throw naming.invalid("name", TextNode.valueOf(names.toString()), "must be among the tools");
        }
        Map<String, ObjectNode> chosen = new LinkedHashMap<>(tools);
        chosen.keySet().retainAll(names);
        return chosen;
    }

    private static Tools offered(Map<String, ObjectNode> tools, Choice choice, Optional<Boolean> parallel) {
        ArrayNode json = Json.array();
        tools.values()
                .forEach(function -> json.addObject().put("type", "function").set("function", function));
        return new Tools(json.toString(), choice, parallel);
    }
}
