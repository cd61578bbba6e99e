package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.server.http.Fields;
import java.util.Optional;
import java.util.regex.Pattern;

/** The field {@code system}: a text, or blocks of text. */
final class SystemPrompt {

    /**
     * Claude Code begins its system prompt with a line for Anthropic's accounting, which has a stamp that is another in each
     * request. Left as it is, no request would find a cached prefix that is longer than that line.
     */
    private static final Pattern STAMP =
            Pattern.compile("\\A(?<head>x-anthropic-billing-header:[^\\n]*?\\bcch=)[0-9a-f]{5}(?=;)");

    private SystemPrompt() {}

    static Optional<String> read(Fields fields) {
        return fields.node("system").map(value -> switch (value) {
            case ArrayNode _ -> blocks(fields);
            case JsonNode text when text.isTextual() -> withoutStamp(text.textValue());
            default -> throw fields.invalid("system", value, "must be a string or an array of text blocks");
        });
    }

    private static String blocks(Fields fields) {
        StringBuilder text = new StringBuilder();
        for (Fields block : fields.objects("system")) {
            if (!block.text("type").orElse("").equals("text")) {
                throw block.invalid("type", block.json().path("type"), "must be text");
            }
            text.append(withoutStamp(block.text("text").orElseThrow(() -> block.missing("text"))));
        }
        return text.toString();
    }

    private static String withoutStamp(String text) {
        return STAMP.matcher(text).replaceFirst("${head}00000");
    }
}
