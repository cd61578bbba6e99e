package dev.corral.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A server on this machine, as clients see it. Thread-safe; each call is a connection of its own. */
public final class Target {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final int port;

    public Target(int port) {
        this.port = port;
    }

    /** True once it answers that it is ready. */
    public boolean ready() {
        try (HttpConnection connection = new HttpConnection(port, Duration.ofSeconds(2))) {
            return connection.send(HttpRequest.get(port, "/health")).ok();
        } catch (IOException e) {
            return false;
        }
    }

    public HttpConnection connect() {
        return new HttpConnection(port, PATIENCE);
    }

    public Streamed stream(Completion completion) throws IOException {
        return stream(completion, events -> true);
    }

    /**
     * Streams until the end, or until the client has enough.
     *
     * @param goOn asked after each event, with their number; the client hangs up when it says no
     */
    public Streamed stream(Completion completion, IntPredicate goOn) throws IOException {
        try (HttpConnection connection = connect()) {
            return stream(connection, completion, goOn);
        }
    }

    /** The same over a connection that may be open already. */
    public Streamed stream(HttpConnection connection, Completion completion, IntPredicate goOn) throws IOException {
        Map<String, String> headers = completion
                .key()
                .map(key -> Map.of("Authorization", "Bearer " + key))
                .orElse(Map.of());
        HttpRequest request = HttpRequest.post(port, "/completion", headers, completion.toJson(true));
        connection.connect();
        long sent = System.nanoTime();
        HttpAnswer answer = connection.send(request);
        if (!answer.ok()) {
            long refused = System.nanoTime();
            return new Streamed(
                    answer.status(),
                    sent,
                    List.of(),
                    refused,
                    "",
                    Optional.empty(),
                    Optional.of(answer.body().readAll()),
                    Optional.ofNullable(answer.headers().get("retry-after")).map(Integer::valueOf));
        }
        return read(answer, sent, goOn);
    }

    private static Streamed read(HttpAnswer answer, long sent, IntPredicate goOn) throws IOException {
        EventReader reader = new EventReader(answer.body());
        List<Long> times = new ArrayList<>();
        List<String> raw = new ArrayList<>();
        Optional<String> event = reader.next();
        long ended = System.nanoTime();
        while (event.isPresent()) {
            times.add(ended);
            raw.add(event.get());
            if (!goOn.test(raw.size())) {
                break;
            }
            event = reader.next();
            ended = System.nanoTime();
        }
        return decode(answer.status(), sent, times, raw, ended);
    }

    /** Parses afterwards, so that the clock is read as bytes come. */
    private static Streamed decode(int status, long sent, List<Long> times, List<String> raw, long ended)
            throws IOException {
        StringBuilder text = new StringBuilder();
        List<Long> events = new ArrayList<>(times.size());
        @Nullable JsonNode result = null;
        @Nullable String error = null;
        for (int i = 0; i < raw.size(); i++) {
            JsonNode event = Json.read(raw.get(i));
            if (event.has("error")) {
                error = event.path("error").toString();
            } else if (event.path("stop").asBoolean()) {
                result = event;
            } else {
                text.append(event.path("content").asText());
                events.add(times.get(i));
            }
        }
        return new Streamed(
                status,
                sent,
                events,
                ended,
                text.toString(),
                Optional.ofNullable(result),
                Optional.ofNullable(error),
                Optional.empty());
    }

    /** A request that is sent again and again, as the tokenizing clients do. */
    public HttpRequest tokenizeRequest(String content) {
        return HttpRequest.post(
                port,
                "/tokenize",
                Map.of(),
                Json.object().put("content", content).toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a prepared request and reads its answer. */
    public static String exchange(HttpConnection connection, HttpRequest request) throws IOException {
        HttpAnswer answer = connection.send(request);
        String body = answer.body().readAll();
        if (!answer.ok()) {
            throw new IOException("HTTP " + answer.status() + ": " + body);
        }
        return body;
    }

    /** Asks for a text in OpenAI's words. */
    public JsonNode complete(ObjectNode body) throws IOException {
        HttpRequest request = HttpRequest.post(
                port, "/v1/completions", Map.of(), body.toString().getBytes(StandardCharsets.UTF_8));
        try (HttpConnection connection = connect()) {
            return Json.read(exchange(connection, request));
        }
    }

    /** The tokens of a text, no special ones added. */
    public int[] tokenize(String content) throws IOException {
        try (HttpConnection connection = connect()) {
            JsonNode tokens =
                    Json.read(exchange(connection, tokenizeRequest(content))).path("tokens");
            int[] ids = new int[tokens.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = tokens.get(i).asInt();
            }
            return ids;
        }
    }
}
