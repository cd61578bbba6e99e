package dev.corral.server.easylm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Lists of texts in a request. */
final class Lists {

    private Lists() {}

    /** A list that must be there. */
    static List<String> required(Fields fields, String name) {
        return optional(fields, name).orElseThrow(() -> fields.missing(name));
    }

    static Optional<List<String>> optional(Fields fields, String name) {
        return fields.array(name).map(array -> texts(fields, name, array));
    }

    /** For each of {@code count} texts the strings that end it: a list of them, or a list of such lists. */
    static List<List<String>> until(Fields fields, String name, int count) {
        ArrayNode array = fields.array(name).orElseThrow(() -> fields.missing(name));
        if (array.isEmpty() || !array.get(0).isArray()) {
            return Collections.nCopies(count, texts(fields, name, array));
        }
        List<List<String>> lists = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            String element = name + "[" + i + "]";
            if (!(array.get(i) instanceof ArrayNode list)) {
                throw fields.invalid(element, array.get(i), "must be a valid list");
            }
            lists.add(texts(fields, element, list));
        }
        requireSameLength(name, lists.size(), count);
        return lists;
    }

    static void requireSameLength(String name, int length, int count) {
        if (length != count) {
            throw new InvalidRequestException(
                    name, length + " items", "must be as long as the other list, which has " + count);
        }
    }

    private static List<String> texts(Fields fields, String name, ArrayNode array) {
        List<String> texts = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            JsonNode item = array.get(i);
            if (!item.isTextual()) {
                throw fields.invalid(name + "[" + i + "]", item, "must be a valid string");
            }
            texts.add(item.textValue());
        }
        return texts;
    }
}
