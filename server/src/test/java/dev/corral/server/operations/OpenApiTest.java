package dev.corral.server.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.FakeAdapters;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.BodyDoc;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.llamacpp.LlamaCppSettings;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The description says what the code does, of every route and every field. */
class OpenApiTest {

    private static RunningServer running;

    @BeforeAll
    static void start() throws IOException {
        running = RunningServer.of(new FakeAdapters(), new LlamaCppSettings(true, true));
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static JsonNode document() throws InterruptedException {
        return running.client().get("/openapi.json").json();
    }

    private static List<Routes.Route> withBody() {
        return running.server().routes().all().stream()
                .filter(route -> route.doc().flatMap(RouteDoc::body).isPresent())
                .toList();
    }

    private static BodyDoc bodyOf(Routes.Route route) {
        return route.doc().flatMap(RouteDoc::body).orElseThrow();
    }

    /** Those whose body is an object. */
    private static List<Routes.Route> withFields() {
        return withBody().stream()
                .filter(route -> bodyOf(route).shape() == BodyDoc.Shape.OBJECT)
                .toList();
    }

    /** Routes by which models come and go, which this server has not been told to let them. */
    private static final Set<String> FOR_THE_OPERATOR_TO_ALLOW = Set.of("/models", "/api/pull", "/api/delete");

    /** The first example with nothing but what must be there. */
    private static ObjectNode example(Routes.Route route) {
        ObjectNode least = bodyOf(route).examples().getFirst().deepCopy();
        for (Map.Entry<String, JsonNode> field : List.copyOf(least.properties())) {
            least.remove(field.getKey());
            try {
                bodyOf(route).reader().read(new Fields(least));
            } catch (InvalidRequestException | ApiException e) {
                least.set(field.getKey(), field.getValue());
            }
        }
        return least;
    }

    private static String pathOf(Routes.Route route) {
        return route.path().replace("{+id}", "fake").replace("{id}", "0")
                + (route.path().contains("slots") ? "?action=save" : "");
    }

    @Test
    void everyRouteIsDescribed() throws InterruptedException {
        JsonNode paths = document().path("paths");
        for (Routes.Route route : running.server().routes().all()) {
            JsonNode operation = paths.path(route.path().replace("{+", "{"))
                    .path(route.verb().toLowerCase(Locale.ROOT));
            assertThat(operation.path("summary").asText()).as(route.path()).isNotBlank();
            assertThat(operation.has("requestBody"))
                    .as(route.path())
                    .isEqualTo(route.verb().equals("POST") || route.path().equals("/api/delete"));
            assertThat(operation.has("security")).as(route.path()).isEqualTo(route.open());
        }
    }

    @Test
    void aFieldHasTheRangeThatItsReaderChecks() throws InterruptedException {
        JsonNode schema = document().at("/paths/~1completion/post/requestBody/content/application~1json/schema");
        assertThat(schema.path("required").toString()).isEqualTo("[\"prompt\"]");
        JsonNode topP = schema.at("/properties/top_p");
        assertThat(topP.path("minimum").doubleValue()).isZero();
        assertThat(topP.path("maximum").doubleValue()).isEqualTo(1);
        assertThat(topP.path("default").doubleValue()).isEqualTo(0.95);
        assertThat(schema.at("/properties/max_tokens")).isEqualTo(schema.at("/properties/n_predict"));
        JsonNode chat =
                document().at("/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema");
        assertThat(chat.at("/properties/messages/items/properties/role/type").toString())
                .isEqualTo("[\"string\",\"null\"]");
        assertThat(chat.at("/properties/stream_options/properties/include_usage/default")
                        .booleanValue())
                .isFalse();
    }

    @Test
    void aBodyThatIsAnArrayHasItsObjectsDescribed() throws InterruptedException {
        JsonNode schema = document().at("/paths/~1lora-adapters/post/requestBody/content/application~1json/schema");
        assertThat(schema.path("type").textValue()).isEqualTo("array");
        assertThat(schema.at("/items/properties/scale/minimum").doubleValue()).isEqualTo(-100);
        assertThat(schema.at("/items/properties/name/type/0").textValue()).isEqualTo("string");
    }

    /** Of two shapes that a body may have, neither is required. */
    @Test
    void whatHasAnotherShapeIsNotRequired() throws InterruptedException {
        JsonNode schema = document().at("/paths/~1rerank/post/requestBody/content/application~1json/schema");
        assertThat(schema.path("required").toString()).isEqualTo("[\"query\"]");
        assertThat(schema.path("properties").has("documents")).isTrue();
        assertThat(schema.path("properties").has("texts")).isTrue();
    }

    private static TestClient.Answer send(Routes.Route route, JsonNode example) throws InterruptedException {
        if (bodyOf(route).shape() != BodyDoc.Shape.FORM) {
            return running.client()
                    .send(running.client()
                            .request(pathOf(route))
                            .method(route.verb(), HttpRequest.BodyPublishers.ofString(example.toString())));
        }
        String file = example.fieldNames().next();
        StringBuilder form = new StringBuilder();
        for (Map.Entry<String, JsonNode> field : example.properties()) {
            form.append("--b\r\nContent-Disposition: form-data; name=\"").append(field.getKey());
            form.append(field.getKey().equals(file) ? "\"; filename=\"f\"\r\n\r\n" : "\"\r\n\r\n");
            form.append(field.getValue().asText()).append("\r\n");
        }
        return running.client()
                .post(
                        pathOf(route),
                        form.append("--b--\r\n").toString(),
                        "Content-Type",
                        "multipart/form-data; boundary=b");
    }

    @Test
    void theExamplesAreAnswered() throws InterruptedException {
        for (Routes.Route route : withBody()) {
            for (JsonNode example : bodyOf(route).examples()) {
                TestClient.Answer answer = send(route, example);
                assertThat(answer.status())
                        .as(route.path() + " " + answer.text())
                        .isEqualTo(FOR_THE_OPERATOR_TO_ALLOW.contains(route.path()) ? 403 : 200);
            }
        }
    }

    /** One step below, one above, and what is no number; of every number that any route reads. */
    @Test
    void aNumberOutOfItsRangeIsRefusedByName() throws InterruptedException {
        int tried = 0;
        for (Routes.Route route : withFields()) {
            if (route.path().startsWith("/api/")) {
                continue; // Petals' forms have strings for numbers, and its errors are successes: PetalsTest
            }
            ObjectNode schema = bodyOf(route).schema();
            for (Map.Entry<String, JsonNode> property :
                    schema.path("properties").properties()) {
                if (property.getValue().has("minimum")) {
                    refusesOutOfRange(route, property.getKey(), property.getValue());
                    acceptsWithinRange(route, property.getKey(), property.getValue());
                    tried++;
                }
            }
        }
        assertThat(tried).isGreaterThan(50);
    }

    private static void refusesOutOfRange(Routes.Route route, String name, JsonNode schema)
            throws InterruptedException {
        List<String> values = new ArrayList<>(List.of("1e999", "-1e999", "\"NaN\"", "\"1\"", "[1]", "true"));
        double step =
                Math.ulp((float) Math.max(1, Math.abs(schema.path("maximum").doubleValue())));
        values.add(Double.toString(schema.path("minimum").doubleValue() - Math.max(1, step)));
        values.add(Double.toString(schema.path("maximum").doubleValue() + Math.max(1, step)));
        for (String value : values) {
            ObjectNode body = example(route);
            body.remove(name);
            String text = body.toString();
            String sent = "{\"" + name + "\": " + value + (body.isEmpty() ? "" : ", ") + text.substring(1);
            TestClient.Answer answer = running.client().post(pathOf(route), sent);
            assertThat(answer.status()).as(route.path() + " " + sent).isIn(400, 422);
            assertThat(answer.text()).contains(name);
        }
    }

    private static void acceptsWithinRange(Routes.Route route, String name, JsonNode schema) {
        for (String end : new String[] {"minimum", "maximum"}) {
            ObjectNode body = example(route);
            body.set(name, schema.path(end));
            try {
                bodyOf(route).reader().read(new Fields(body));
            } catch (InvalidRequestException e) {
                assertThat(e.getMessage())
                        .as(route.path() + " " + body)
                        .doesNotContain("between")
                        .doesNotContain("at least");
            }
        }
    }

    @Test
    void thePageNeedsNothingElse() throws InterruptedException {
        TestClient.Answer page = running.client().get("/docs");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.header("Content-Security-Policy").orElseThrow()).startsWith("default-src 'none'");
        assertThat(page.text())
                .doesNotContain("<script")
                .doesNotContain("src=")
                .doesNotContain("://")
                .contains("&quot;prompt&quot;");
        for (Routes.Route route : running.server().routes().all()) {
            assertThat(page.text()).contains("</span>" + route.path().replace("{+", "{") + "</code>");
        }
    }
}
