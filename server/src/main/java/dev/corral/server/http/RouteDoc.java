package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a route does, for those who call it.
 *
 * @param summary one line
 * @param answer what comes back
 * @param query parameters after the {@code ?}, each with the values it may have; none for any
 * @param body reads the request's body, as the route does; empty where there is none
 * @param examples bodies that are right, which between them have every field whose reading depends on another
 */
public record RouteDoc(
        String summary,
        Answer answer,
        Map<String, List<String>> query,
        Optional<BodyReader> body,
        List<ObjectNode> examples) {

    /** What comes back. */
    public enum Answer {
        JSON,
        JSON_OR_EVENTS,
        PAGE
    }

    /** Reads a body's fields and checks them. */
    @FunctionalInterface
    public interface BodyReader {
        void read(Fields fields);
    }

    public RouteDoc {
        query = Map.copyOf(query);
        examples = List.copyOf(examples);
    }

    /** A route that answers with JSON. */
    public static RouteDoc of(String summary) {
        return new RouteDoc(summary, Answer.JSON, Map.of(), Optional.empty(), List.of());
    }

    /** The same, answered by events where the request asks for a stream. */
    public RouteDoc streamed() {
        return new RouteDoc(summary, Answer.JSON_OR_EVENTS, query, body, examples);
    }

    /** The same, answered by a page. */
    public RouteDoc page() {
        return new RouteDoc(summary, Answer.PAGE, query, body, examples);
    }

    public RouteDoc query(String name, String... values) {
        Map<String, List<String>> more = new LinkedHashMap<>(query);
        more.put(name, List.of(values));
        return new RouteDoc(summary, answer, more, body, examples);
    }

    /** The same with a body; an example is a JSON object with single quotes in place of double ones. */
    public RouteDoc body(BodyReader reader, String... bodies) {
        return new RouteDoc(
                summary,
                answer,
                query,
                Optional.of(reader),
                List.of(bodies).stream().map(RouteDoc::parse).toList());
    }

    /**
     * The schema of the body: what the reader asks for when it reads the examples. A field is required where an example
     * without it is refused.
     */
    public Optional<ObjectNode> schema() {
        return body.map(reader -> {
            FieldLog log = new FieldLog();
            examples.forEach(example -> reader.read(new Fields(example, log)));
            ObjectNode schema = log.schema();
            List<String> required = examples.getFirst().properties().stream()
                    .map(Map.Entry::getKey)
                    .filter(name -> isRequired(reader, name))
                    .toList();
            if (!required.isEmpty()) {
                required.forEach(schema.putArray("required")::add);
            }
            return schema;
        });
    }

    private boolean isRequired(BodyReader reader, String name) {
        ObjectNode without = examples.getFirst().deepCopy().without(name);
        try {
            reader.read(new Fields(without));
            return false;
        } catch (InvalidRequestException e) {
            return e.error() instanceof EngineError.Invalid invalid
                    && invalid.field().equals(name);
        }
    }

    private static ObjectNode parse(String text) {
        try {
            JsonNode node = Json.MAPPER.readTree(text.replace('\'', '"'));
            return (ObjectNode) node;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("an example that is no JSON: " + text, e);
        }
    }
}
