package dev.corral.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Calls a server as a program would, with java.net.http. */
public record TestClient(URI address, HttpClient http) implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** An answer with its body read as JSON; a missing node where it is none. */
    public record Answer(int status, String text, HttpResponse<String> response) {

        public JsonNode json() {
            return TestClient.json(text);
        }

        public JsonNode error() {
            return json().path("error");
        }

        /** What the error says, in whichever dialect. */
        public String errorMessage() {
            return error().isTextual()
                    ? error().textValue()
                    : error().path("message").asText();
        }

        public Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        /** The data of every event, but for a closing {@code [DONE]}; anything else in the stream is an error. */
        public List<JsonNode> events() {
            List<JsonNode> events = new ArrayList<>();
            for (String typed : text.split("\n\n")) {
                String event = typed.replaceFirst("^event: [a-z_.]+\n", "");
                if (event.startsWith("data: ") && !event.equals("data: [DONE]")) {
                    events.add(TestClient.json(event.substring("data: ".length())));
                } else if (!event.startsWith(":") && !event.equals("data: [DONE]")) {
                    throw new AssertionError("no event: " + event);
                }
            }
            return events;
        }
    }

    public static TestClient of(URI address) {
        return new TestClient(
                address,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10))
                        .build());
    }

    public Answer get(String path, String... headers) throws InterruptedException {
        return send(request(path, headers).GET());
    }

    public Answer post(String path, String body, String... headers) throws InterruptedException {
        return send(request(path, headers).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    public Answer call(String method, String path, String... headers) throws InterruptedException {
        return send(request(path, headers).method(method, HttpRequest.BodyPublishers.noBody()));
    }

    public Answer send(HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofMinutes(2));
        return headers.length == 0 ? request : request.headers(headers);
    }

    public static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
