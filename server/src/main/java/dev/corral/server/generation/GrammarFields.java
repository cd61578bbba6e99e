package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.Range;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Optional;

/**
 * {@code grammar} (GBNF), {@code json_schema}, {@code grammar_lazy} and {@code grammar_triggers}. A grammar goes before
 * a schema; an empty schema means any object.
 */
public final class GrammarFields {

    private static final Range TRIGGER_TYPE = Range.of(0, 3);

    private GrammarFields() {}

    static Optional<Grammar> read(Fields fields) {
        Optional<String> gbnf = fields.text("grammar").filter(text -> !text.isEmpty());
        if (gbnf.isEmpty()) {
            return fields.node("json_schema").map(schema -> schema(fields, "json_schema", schema));
        }
        if (!fields.flag("grammar_lazy", false)) {
            return gbnf.map(Grammar.Gbnf::new);
        }
        List<Grammar.Trigger> triggers = fields.objects("grammar_triggers").stream()
                .map(GrammarFields::trigger)
                .toList();
        return gbnf.map(text -> new Grammar.Lazy(text, triggers));
    }

    /** A JSON schema under whatever name a dialect has for it. */
    public static Grammar schema(Fields fields, String name, JsonNode value) {
        if (!(value instanceof ObjectNode schema)) {
            throw fields.invalid(name, value, "must be a JSON schema, an object");
        }
        return new Grammar.JsonSchema(
                schema.isEmpty() ? Json.object().put("type", "object").toString() : schema.toString());
    }

    /** A trigger as llama.cpp writes it: its type's number, its value, and a token's id. */
    private static Grammar.Trigger trigger(Fields fields) {
        String value = fields.text("value").orElse("");
        if (!fields.has("type")) {
            throw fields.missing("type");
        }
        return switch (fields.integer("type", TRIGGER_TYPE, 0)) {
            case 0 -> {
                if (!fields.has("token")) {
                    throw fields.missing("token");
                }
                yield new Grammar.Trigger.Token(fields.integer("token", Range.atLeast(0), 0));
            }
            case 1 -> new Grammar.Trigger.Word(value);
            case 2 -> new Grammar.Trigger.Pattern(value);
            default -> new Grammar.Trigger.FullPattern(value);
        };
    }
}
