package dev.corral.server.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a route does, for those who call it.
 *
 * @param summary one line
 * @param answer what comes back
 * @param query parameters after the {@code ?}, each with the values it may have; none for any
 * @param body of its requests; empty where there is none
 */
public record RouteDoc(String summary, Answer answer, Map<String, List<String>> query, Optional<BodyDoc> body) {

    /** What comes back. */
    public enum Answer {
        JSON,
        JSON_OR_EVENTS,
        JSON_OR_LINES,
        EVENTS,
        PAGE,
        TEXT,
        FILE
    }

    public RouteDoc {
        query = Map.copyOf(query);
    }

    /** Of a route that takes the same requests and says how many tokens they have. */
    public RouteDoc counting() {
        return new RouteDoc("How many tokens a request has", Answer.JSON, query, body);
    }

    /** A route that answers with JSON. */
    public static RouteDoc of(String summary) {
        return new RouteDoc(summary, Answer.JSON, Map.of(), Optional.empty());
    }

    /** The same, answered by events where the request asks for a stream. */
    public RouteDoc streamed() {
        return new RouteDoc(summary, Answer.JSON_OR_EVENTS, query, body);
    }

    /** The same, answered by events. */
    public RouteDoc events() {
        return new RouteDoc(summary, Answer.EVENTS, query, body);
    }

    /** The same, answered by lines of JSON unless the request asks for all at once. */
    public RouteDoc inLines() {
        return new RouteDoc(summary, Answer.JSON_OR_LINES, query, body);
    }

    /** The same, answered by a page. */
    public RouteDoc page() {
        return new RouteDoc(summary, Answer.PAGE, query, body);
    }

    /** The same, answered by a text that is no JSON. */
    public RouteDoc text() {
        return new RouteDoc(summary, Answer.TEXT, query, body);
    }

    /** The same, answered by a file of any type. */
    public RouteDoc file() {
        return new RouteDoc(summary, Answer.FILE, query, body);
    }

    public RouteDoc query(String name, String... values) {
        Map<String, List<String>> more = new LinkedHashMap<>(query);
        more.put(name, List.of(values));
        return new RouteDoc(summary, answer, more, body);
    }

    /** The same with a JSON object for a body; an example has single quotes in place of double ones. */
    public RouteDoc body(BodyDoc.Reader reader, String... examples) {
        return new RouteDoc(summary, answer, query, Optional.of(BodyDoc.of(reader, BodyDoc.Shape.OBJECT, examples)));
    }

    /** The same with a multipart form for a body; an example is an object with single quotes whose first field is a file. */
    public RouteDoc form(BodyDoc.Reader reader, String... examples) {
        return new RouteDoc(summary, answer, query, Optional.of(BodyDoc.of(reader, BodyDoc.Shape.FORM, examples)));
    }

    /** The same with a JSON array of objects for a body; an example has single quotes in place of double ones. */
    public RouteDoc list(Consumer<List<Fields>> reader, String... examples) {
        BodyDoc.Reader wrapped = fields -> reader.accept(fields.objects(BodyDoc.ARRAY));
        return new RouteDoc(summary, answer, query, Optional.of(BodyDoc.of(wrapped, BodyDoc.Shape.ARRAY, examples)));
    }
}
