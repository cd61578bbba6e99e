package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import java.util.List;
import java.util.Map;

/**
 * The body of a route's requests.
 *
 * @param reader reads it as the route does; an array, as the field {@link #ARRAY} of an object
 * @param shape of the body
 * @param texts of the examples, JSON with single quotes in place of double ones
 */
public record BodyDoc(Reader reader, Shape shape, List<String> texts) {

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
        texts = List.copyOf(texts);
    }

    static BodyDoc of(Reader reader, Shape shape, String... texts) {
        return new BodyDoc(reader, shape, List.of(texts));
    }

    /**
     * Bodies that are right, which between them have every field whose reading depends on another. Parsed each time, since a
     * server that starts has no use for them.
     */
    public List<JsonNode> examples() {
        return texts.stream().map(BodyDoc::parse).toList();
    }

    /**
     * The schema of the body: what the reader asks for when it reads the examples. A field is required where all examples
     * have it, and the first is refused without it.
     */
    public ObjectNode schema() {
        List<JsonNode> examples = examples();
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
                .filter(name -> isRequired(examples.getFirst(), name))
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

    private boolean isRequired(JsonNode example, String name) {
        ObjectNode without = fieldsOf(example).deepCopy().without(name);
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
