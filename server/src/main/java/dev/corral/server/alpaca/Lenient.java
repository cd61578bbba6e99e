package dev.corral.server.alpaca;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Fields as pydantic takes them: a number may be written as a string, and a truth value as a word or a number. */
final class Lenient {

    private static final List<String> NUMBERS =
            List.of("max_tokens", "temperature", "top_p", "top_k", "num_beams", "repetition_penalty", "seed");
    private static final List<String> TRUTHS = List.of("do_sample", "stream");

    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,18}");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?\\d{1,40}(\\.\\d{0,40})?([eE][+-]?\\d{1,3})?");
    private static final Set<String> TRUE = Set.of("1", "true", "t", "yes", "y", "on");
    private static final Set<String> FALSE = Set.of("0", "false", "f", "no", "n", "off");

    private Lenient() {}

    /** What can't be taken for a number or a truth value stays as it is, to be refused by whoever reads it. */
    static Fields fields(Fields sent) {
        ObjectNode fields = Json.object().setAll(sent.json());
        for (String name : NUMBERS) {
            number(fields.path(name)).ifPresent(value -> fields.set(name, value));
        }
        for (String name : TRUTHS) {
            truth(fields.path(name)).ifPresent(value -> fields.set(name, value));
        }
        return new Fields(fields);
    }

    private static Optional<JsonNode> number(JsonNode value) {
        if (!value.isTextual()) {
            return Optional.empty();
        }
        String text = value.textValue().strip();
        if (WHOLE.matcher(text).matches()) {
            return Optional.of(LongNode.valueOf(Long.parseLong(text)));
        }
        return DECIMAL.matcher(text).matches()
                ? Optional.of(DoubleNode.valueOf(Double.parseDouble(text)))
                : Optional.empty();
    }

    private static Optional<JsonNode> truth(JsonNode value) {
        if (!value.isTextual() && !value.isNumber()) {
            return Optional.empty();
        }
        String word = value.asText().toLowerCase(Locale.ROOT);
        return TRUE.contains(word) || FALSE.contains(word)
                ? Optional.of(BooleanNode.valueOf(TRUE.contains(word)))
                : Optional.empty();
    }
}
