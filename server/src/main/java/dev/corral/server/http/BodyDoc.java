package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The body of a route's requests.
 *
 * @param reader reads it as the route does; an array, as the field {@link #ARRAY} of an object
 * @param shape of the body
 * @param examples bodies that are right, which between them have every field whose reading depends on another
 */
public record BodyDoc(Reader reader, Shape shape, List<JsonNode> examples) {

    /** What a body is. */
    public enum Shape {
        OBJECT,
        /** An array of objects. */
        ARRAY,
        /** A multipart form; an example has its fields, and the first of them is a file. */
        FORM;

        /** Its Content-Type. */
        public String contentType() {
            return this == FORM ? "multipart/form-data" : "application/json";
        }
    }

    /** What errors call a body that is an array. */
    static final String ARRAY = "body";

    /** Reads a body's fields and checks them. */
    @FunctionalInterface
    public interface Reader {
        void read(Fields fields);
    }

    public BodyDoc {
        examples = List.copyOf(examples);
    }

    /** An example is JSON with single quotes in place of double ones. */
    static BodyDoc of(Reader reader, Shape shape, String... examples) {
        return new BodyDoc(
                reader, shape, Stream.of(examples).map(BodyDoc::parse).toList());
    }

    /**
     * The schema of the body: what the reader asks for when it reads the examples. A field is required where all examples
     * have it, and the first is refused without it.
     */
    public ObjectNode schema() {
        FieldLog log = new FieldLog();
        examples.forEach(example -> reader.read(new Fields(fieldsOf(example), log)));
        ObjectNode schema = log.schema();
        if (shape == Shape.ARRAY) {
            ObjectNode list = Json.object().put("type", "array");
            return list.set("items", schema.at("/properties/" + ARRAY + "/items"));
        }
        List<String> required = examples.getFirst().properties().stream()
                .map(Map.Entry::getKey)
                .filter(name -> examples.stream().allMatch(example -> example.has(name)))
                .filter(this::isRequired)
                .toList();
        if (!required.isEmpty()) {
            required.forEach(schema.putArray("required")::add);
        }
        if (shape == Shape.FORM) {
            String file = examples.getFirst().fieldNames().next();
            ((ObjectNode) schema.at("/properties/" + file)).put("format", "binary");
        }
        return schema;
    }

    private boolean isRequired(String name) {
        ObjectNode without = fieldsOf(examples.getFirst()).deepCopy().without(name);
        try {
            reader.read(new Fields(without));
            return false;
        } catch (InvalidRequestException e) {
            return e.error() instanceof EngineError.Invalid invalid
                    && invalid.field().equals(name);
        }
    }

    private static ObjectNode fieldsOf(JsonNode example) {
        return switch (example) {
            case ObjectNode object -> object;
            case ArrayNode list -> Json.object().set(ARRAY, list);
            default -> throw new IllegalArgumentException("no body: " + example);
        };
    }

    private static JsonNode parse(String text) {
        try {
            return Json.MAPPER.readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("an example that is no JSON: " + text, e);
        }
    }
}
