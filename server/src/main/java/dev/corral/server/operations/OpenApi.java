package dev.corral.server.operations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.BodyDoc;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI 3.1 document of every route there is. A body's fields and their ranges are those that the route's own reader
 * asks for.
 *
 * <p>Made when first asked for; thread-safe.
 */
final class OpenApi {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\+?(\\w+)}");
    private static final String ERROR = "#/components/schemas/Error";

    private final Routes routes;
    private @Nullable ObjectNode document;

    OpenApi(Routes routes) {
        this.routes = routes;
    }

    /** Not to be changed. */
    synchronized ObjectNode document() {
        ObjectNode made = document;
        if (made == null) {
            made = make();
            document = made;
        }
        return made;
    }

    private ObjectNode make() {
        ObjectNode root = Json.object().put("openapi", "3.1.0");
        root.putObject("info")
                .put("title", "Corral")
                .put("version", "1")
                .put("description", "llama.cpp for the JVM. Fields that a route does not know are ignored.");
        ArrayNode security = root.putArray("security");
        security.addObject().putArray("bearer");
        security.addObject().putArray("key");
        security.addObject();
        ObjectNode paths = root.putObject("paths");
        routes.all()
                .forEach(route -> paths.withObjectProperty(
                                PLACEHOLDER.matcher(route.path()).replaceAll("{$1}"))
                        .set(route.verb().toLowerCase(Locale.ROOT), operation(route)));
        components(root.putObject("components"));
        return root;
    }

    private static ObjectNode operation(Routes.Route route) {
        ObjectNode operation = Json.object();
        RouteDoc doc = route.doc().orElse(RouteDoc.of(""));
        operation.put("summary", doc.summary());
        if (route.open()) {
            operation.putArray("security");
        }
        ArrayNode parameters = operation.putArray("parameters");
        Matcher placeholder = PLACEHOLDER.matcher(route.path());
        while (placeholder.find()) {
            parameter(parameters, placeholder.group(1), "path", List.of()).put("required", true);
        }
        doc.query().forEach((name, values) -> parameter(parameters, name, "query", values));
        doc.body().ifPresent(body -> body(operation.putObject("requestBody"), body));
        responses(operation.putObject("responses"), doc.answer());
        return operation;
    }

    private static ObjectNode parameter(ArrayNode parameters, String name, String in, List<String> values) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", in);
        ObjectNode schema = parameter.putObject("schema").put("type", "string");
        if (in.equals("path")) {
            schema.put("minLength", 1);
        }
        if (!values.isEmpty()) {
            values.forEach(schema.putArray("enum")::add);
        }
        return parameter;
    }

    private static void body(ObjectNode body, BodyDoc doc) {
        ObjectNode json = body.put("required", true)
                .putObject("content")
                .putObject(doc.shape().contentType());
        json.set("schema", doc.schema());
        ObjectNode shown = json.putObject("examples");
        List<JsonNode> examples = doc.examples();
        for (int i = 0; i < examples.size(); i++) {
            shown.putObject("example" + (i + 1)).set("value", examples.get(i));
        }
    }

    private static void responses(ObjectNode responses, RouteDoc.Answer answer) {
        ObjectNode content =
                responses.putObject("200").put("description", "the answer").putObject("content");
        content.putObject(
                switch (answer) {
                    case PAGE -> "text/html";
                    case EVENTS -> "text/event-stream";
                    case TEXT -> "text/plain";
                    case FILE -> "*/*";
                    case JSON, JSON_OR_EVENTS, JSON_OR_LINES -> "application/json";
                });
        if (answer == RouteDoc.Answer.JSON_OR_EVENTS) {
            content.putObject("text/event-stream");
        }
        if (answer == RouteDoc.Answer.JSON_OR_LINES) {
            content.putObject("application/x-ndjson");
        }
        responses
                .putObject("default")
                .put("description", "why there is none")
                .putObject("content")
                .putObject("application/json")
                .putObject("schema")
                .put("$ref", ERROR);
    }

    private static void components(ObjectNode components) {
        ObjectNode schemes = components.putObject("securitySchemes");
        schemes.putObject("bearer").put("type", "http").put("scheme", "bearer");
        schemes.putObject("key").put("type", "apiKey").put("in", "header").put("name", "X-Api-Key");
        ObjectNode error = components.putObject("schemas").putObject("Error").put("type", "object");
        ArrayNode shapes = error.putObject("properties").putObject("error").putArray("anyOf");
        shapes.addObject().put("type", "string");
        ObjectNode details = shapes.addObject().put("type", "object");
        details.putArray("required").add("message");
        ObjectNode fields = details.putObject("properties");
        fields.putObject("message").put("type", "string");
        fields.putObject("type").put("type", "string");
        fields.putObject("code").put("description", "the HTTP status, or a word for what is wrong");
        fields.putObject("param").put("description", "the field that is wrong");
    }
}
