package dev.corral.engine.local.sampling;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.corral.engine.InvalidRequestException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What llama.cpp can't make a grammar of, or not in time: it takes a pattern whose groups are nested too deep for any string at
 * all, and its work grows with the square of the properties of an object that may be left out.
 */
final class SchemaPatterns {

    /** Groups within groups that llama.cpp reads. */
    static final int DEEPEST = 100;

    /** Properties of one object that may be left out. */
    static final int MOST_OPTIONAL = 512;

    private static final ObjectMapper JSON = new ObjectMapper();

    private SchemaPatterns() {}

    /**
     * Looks at all patterns and objects of a schema. What is no JSON has none.
     *
     * @param field what the request calls the schema
     * @throws InvalidRequestException when llama.cpp would drop a pattern, or work for too long
     */
    static void check(String field, String schema) {
        Deque<JsonNode> open = new ArrayDeque<>();
        try {
            open.add(JSON.readTree(schema));
        } catch (JsonProcessingException e) {
            return; // said by who reads it next, with the place
        }
        long squares = 0;
        while (!open.isEmpty()) {
            JsonNode node = open.remove();
            int optional =
                    node.path("properties").size() - node.path("required").size();
            squares += optional > 0 ? (long) optional * optional : 0;
            if (squares > (long) MOST_OPTIONAL * MOST_OPTIONAL) {
                throw new InvalidRequestException(
                        field,
                        "an object with " + optional + " of them",
                        "must have at most " + MOST_OPTIONAL
                                + " optional properties in an object, and fewer where several have many");
            }
            JsonNode pattern = node.path("pattern");
            if (pattern.isTextual() && depth(pattern.textValue()) > DEEPEST) {
                throw new InvalidRequestException(
                        field,
                        pattern.textValue(),
                        "must have patterns with groups nested at most " + DEEPEST + " deep");
            }
            node.forEach(open::add);
        }
    }

    private static int depth(String pattern) {
        int deepest = 0;
        int depth = 0;
        boolean inClass = false;
        for (int i = 0; i < pattern.length(); i++) {
            switch (pattern.charAt(i)) {
                case '\\' -> i++;
                case '[' -> inClass = true;
                case ']' -> inClass = false;
                case '(' -> depth += inClass ? 0 : 1;
                case ')' -> depth -= inClass ? 0 : 1;
                default -> {}
            }
            deepest = Math.max(deepest, depth);
        }
        return deepest;
    }
}
