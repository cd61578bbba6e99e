package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Tools;
import dev.corral.engine.Tools.Choice;
import dev.corral.server.generation.Functions;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import java.util.Optional;
import java.util.Set;

/** {@code tools} and {@code tool_choice}: the functions that a model may call, in Anthropic's shape, checked. */
final class ToolFields {

    private static final int MAX_TOOLS = 512;
    private static final int LONGEST_NAME = 128;

    private ToolFields() {}

    /** What the request offers, cut down to what it lets the model choose from; empty where it offers nothing. */
    static Optional<Tools> read(Fields fields) {
        Functions tools = tools(fields);
        Optional<Fields> choice = fields.object("tool_choice");
        Optional<Boolean> parallel = choice.filter(given -> given.flag("disable_parallel_tool_use", false))
                .map(_ -> false);
        String type = choice.map(given -> given.text("type").orElseThrow(() -> given.missing("type")))
                .orElse("auto");
        return switch (type) {
            case "auto" -> tools.toTools(Choice.AUTO, parallel);
            case "none" -> tools.toTools(Choice.NONE, parallel);
            case "any" -> some(fields, tools).toTools(Choice.REQUIRED, parallel);
            case "tool" -> only(choice.orElseThrow(), tools).toTools(Choice.REQUIRED, parallel);
            default ->
                throw fields.invalid("tool_choice.type", TextNode.valueOf(type), "must be auto, any, tool or none");
        };
    }

    private static Functions tools(Fields fields) {
        Functions tools = new Functions(LONGEST_NAME);
        for (Fields tool : fields.objects("tools")) {
            String type = tool.text("type").orElse("custom");
            if (!type.equals("custom")) {
                throw new ApiException(ApiError.Kind.UNSUPPORTED, "tools of type '" + type + "' are not supported");
            }
            tools.add(tool, "input_schema", () -> {
                throw tool.missing("input_schema");
            });
        }
        tools.requireAtMost(MAX_TOOLS, fields);
        return tools;
    }

    private static Functions some(Fields fields, Functions tools) {
        if (tools.isEmpty()) {
            throw fields.invalid(
                    "tool_choice.type", TextNode.valueOf("any"), "must be auto or none, since there are no tools");
        }
        return tools;
    }

    private static Functions only(Fields choice, Functions tools) {
        String name = choice.text("name").orElseThrow(() -> choice.missing("name"));
        return tools.only(Set.of(name), choice);
    }
}
