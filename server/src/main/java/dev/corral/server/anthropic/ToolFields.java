package dev.corral.server.anthropic;

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
import java.util.regex.Pattern;

/** {@code tools} and {@code tool_choice}: the functions that a model may call, in Anthropic's shape, checked. */
final class ToolFields {

    private static final int MAX_TOOLS = 512;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");

    private ToolFields() {}

    /** What the request offers, cut down to what it lets the model choose from; empty where it offers nothing. */
    static Optional<Tools> read(Fields fields) {
        Map<String, ObjectNode> tools = tools(fields);
        Optional<Fields> choice = fields.object("tool_choice");
        Optional<Boolean> parallel = choice.filter(given -> given.flag("disable_parallel_tool_use", false))
                .map(_ -> false);
        String type = choice.map(given -> given.text("type").orElseThrow(() -> given.missing("type")))
                .orElse("auto");
        return switch (type) {
            case "auto" -> offered(tools, Choice.AUTO, parallel);
            case "none" -> offered(tools, Choice.NONE, parallel);
            case "any" -> offered(some(fields, tools), Choice.REQUIRED, parallel);
            case "tool" -> offered(only(choice.orElseThrow(), tools), Choice.REQUIRED, parallel);
            default ->
                throw fields.invalid("tool_choice.type", TextNode.valueOf(type), "must be auto, any, tool or none");
        };
    }

    /** By name, in their order. */
    private static Map<String, ObjectNode> tools(Fields fields) {
        Map<String, ObjectNode> tools = new LinkedHashMap<>();
        for (Fields tool : fields.objects("tools")) {
            String type = tool.text("type").orElse("custom");
            if (!type.equals("custom")) {
                throw new ApiException(ApiError.Kind.UNSUPPORTED, "tools of type '" + type + "' are not supported");
            }
            String name = tool.text("name").orElseThrow(() -> tool.missing("name"));
            if (!NAME.matcher(name).matches()) {
                throw tool.invalid(
                        "name", tool.json().get("name"), "must be 1 to 128 letters, digits, underscores and dashes");
            }
            if (tools.putIfAbsent(name, function(tool, name)) != null) {
                throw tool.invalid("name", tool.json().get("name"), "must be another than those before");
            }
        }
        if (tools.size() > MAX_TOOLS) {
            throw fields.invalid("tools", TextNode.valueOf(tools.size() + " tools"), "must have at most " + MAX_TOOLS);
        }
        return tools;
    }

    /** In OpenAI's shape, which chat templates are made for. */
    private static ObjectNode function(Fields tool, String name) {
        ObjectNode function = Json.object().put("name", name);
        tool.text("description").ifPresent(text -> function.put("description", text));
        JsonNode schema = tool.node("input_schema").orElseThrow(() -> tool.missing("input_schema"));
        if (!schema.isObject()) {
            throw tool.invalid("input_schema", schema, "must be a JSON schema, an object");
        }
        return function.set("parameters", schema);
    }

    private static Map<String, ObjectNode> some(Fields fields, Map<String, ObjectNode> tools) {
        if (tools.isEmpty()) {
            throw fields.invalid(
                    "tool_choice.type", TextNode.valueOf("any"), "must be auto or none, since there are no tools");
        }
        return tools;
    }

    private static Map<String, ObjectNode> only(Fields choice, Map<String, ObjectNode> tools) {
        String name = choice.text("name").orElseThrow(() -> choice.missing("name"));
        ObjectNode chosen = tools.get(name);
        if (chosen == null) {
            throw choice.invalid("name", TextNode.valueOf(name), "must be among the tools");
        }
        return Map.of(name, chosen);
    }

    private static Optional<Tools> offered(Map<String, ObjectNode> tools, Choice choice, Optional<Boolean> parallel) {
        if (tools.isEmpty()) {
            return Optional.empty();
        }
        ArrayNode json = Json.array();
        tools.values()
                .forEach(function -> json.addObject().put("type", "function").set("function", function));
        return Optional.of(new Tools(json.toString(), choice, parallel));
    }
}
