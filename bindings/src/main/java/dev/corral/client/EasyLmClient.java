package dev.corral.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Asks a server that speaks EasyLM's protocol: Corral, or EasyLM itself.
 *
 * <pre>{@code
 * try (EasyLmClient client = EasyLmClient.open(URI.create("http://localhost:5007/"), true)) {
 *     client.loglikelihood(List.of("The capital of France is"), List.of(" Paris")).getFirst().logLikelihood();
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class EasyLmClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);
    private static final int LOADING = 503;
    private static final Score DUMMY_SCORE = new Score(-1, false);
    private static final String DUMMY_TEXT = "dummy";

    /**
     * How likely a text is.
     *
     * @param logLikelihood natural logarithm of its probability
     * @param greedy whether it is what greedy decoding would have given
     */
    public record Score(double logLikelihood, boolean greedy) {}

    /**
     * A turn of a dialogue.
     *
     * @param response what the model says
     * @param context what to give along with the next prompt
     */
    public record Turn(String response, String context) {}

    private final Optional<HttpClient> http;
    private final URI url;
    private final Optional<String> apiKey;

    private EasyLmClient(Optional<HttpClient> http, URI url, Optional<String> apiKey) {
        this.http = http;
        this.url = url;
        this.apiKey = apiKey;
    }

    /**
     * A client of a server that needs no key.
     *
     * @param url its base, with or without a '/' at the end
     * @param waitForReady wait until somebody answers there and has a model, however long that takes
     * @throws EasyLmException when the server can't be asked for another reason than that nobody answers
     */
    public static EasyLmClient open(URI url, boolean waitForReady) throws InterruptedException {
        return open(url, waitForReady, Optional.empty());
    }

    /**
     * A client of a server.
     *
     * @param url its base, with or without a '/' at the end
     * @param waitForReady wait until somebody answers there and has a model, however long that takes
     * @param apiKey sent as {@code Authorization: Bearer KEY} with each request
     * @throws EasyLmException when the server can't be asked for another reason than that nobody answers
     */
    public static EasyLmClient open(URI url, boolean waitForReady, Optional<String> apiKey)
            throws InterruptedException {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        URI base = url.toString().endsWith("/") ? url : URI.create(url + "/");
        EasyLmClient client = new EasyLmClient(Optional.of(http), base, apiKey);
        if (waitForReady) {
            client.awaitReady(http);
        }
        return client;
    }

    /** A client of no server, whose answers are always the same: each score is -1 and not greedy, each text "dummy". */
    public static EasyLmClient dummy() {
        return new EasyLmClient(Optional.empty(), URI.create("http://localhost/"), Optional.empty());
    }

    private void awaitReady(HttpClient client) throws InterruptedException {
        HttpRequest ready = request("ready").build();
        while (!isReady(client, ready)) {
            Thread.sleep(BETWEEN_TRIES);
        }
    }

    private static boolean isReady(HttpClient client, HttpRequest ready) throws InterruptedException {
        try {
            return client.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() != LOADING;
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            throw new EasyLmException("the server can't be asked: " + e, e);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path));
        apiKey.ifPresent(key -> request.header("Authorization", "Bearer " + key));
        return request;
    }

    /**
     * How likely texts are after prefixes.
     *
     * @param prefixes one for each text
     * @throws EasyLmException when there is no answer
     */
    public List<Score> loglikelihood(List<String> prefixes, List<String> texts) throws InterruptedException {
        if (http.isEmpty()) {
            return Collections.nCopies(texts.size(), DUMMY_SCORE);
        }
        ObjectNode body = JSON.createObjectNode();
        add(body, "prefix_text", prefixes);
        add(body, "text", texts);
        return scores(post(http.get(), "loglikelihood", body), texts.size());
    }

    /**
     * How likely texts of any length are.
     *
     * @throws EasyLmException when there is no answer
     */
    public List<Score> loglikelihoodRolling(List<String> texts) throws InterruptedException {
        if (http.isEmpty()) {
            return Collections.nCopies(texts.size(), DUMMY_SCORE);
        }
        ObjectNode body = JSON.createObjectNode();
        add(body, "text", texts);
        return scores(post(http.get(), "loglikelihood-rolling", body), texts.size());
    }

    /**
     * Continues prefixes.
     *
     * @param temperature 0 or more; empty for the server's
     * @throws EasyLmException when there is no answer
     */
    public List<String> generate(List<String> prefixes, OptionalDouble temperature) throws InterruptedException {
        if (http.isEmpty()) {
            return Collections.nCopies(prefixes.size(), DUMMY_TEXT);
        }
        ObjectNode body = JSON.createObjectNode();
        add(body, "prefix_text", prefixes);
        temperature.ifPresent(value -> body.put("temperature", value));
        return texts(post(http.get(), "generate", body), prefixes.size());
    }

    /**
     * Continues prefixes greedily.
     *
     * @param until for each prefix, strings that end its text where they appear and are not part of it
     * @throws EasyLmException when there is no answer
     */
    public List<String> greedyUntil(List<String> prefixes, List<List<String>> until) throws InterruptedException {
        if (http.isEmpty()) {
            return Collections.nCopies(prefixes.size(), DUMMY_TEXT);
        }
        ObjectNode body = JSON.createObjectNode();
        add(body, "prefix_text", prefixes);
        ArrayNode lists = body.putArray("until");
        for (List<String> words : until) {
            words.forEach(lists.addArray()::add);
        }
        return texts(post(http.get(), "greedy-until", body), prefixes.size());
    }

    /**
     * Answers a turn of a dialogue.
     *
     * @param context of the turn before, "" for the first
     * @param temperature 0 or more; empty for the server's
     * @throws EasyLmException when there is no answer
     */
    public Turn chat(String prompt, String context, OptionalDouble temperature) throws InterruptedException {
        if (http.isEmpty()) {
            return new Turn(DUMMY_TEXT, context + prompt + DUMMY_TEXT);
        }
        ObjectNode body = JSON.createObjectNode().put("prompt", prompt).put("context", context);
        temperature.ifPresent(value -> body.put("temperature", value));
        JsonNode answer = post(http.get(), "chat", body);
        return new Turn(answer.path("response").asText(), answer.path("context").asText());
    }

    @Override
    public void close() {
        http.ifPresent(HttpClient::close);
    }

    private JsonNode post(HttpClient client, String path, ObjectNode body) throws InterruptedException {
        HttpRequest request = request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new EasyLmException(
                        "/" + path + " was answered with " + response.statusCode() + ": " + response.body(), null);
            }
            return JSON.readTree(response.body());
        } catch (JsonProcessingException e) {
            throw new EasyLmException("/" + path + " was answered with something that is no JSON", e);
        } catch (IOException e) {
            throw new EasyLmException("/" + path + " was not answered: " + e, e);
        }
    }

    private static void add(ObjectNode body, String name, List<String> texts) {
        texts.forEach(body.putArray(name)::add);
    }

    private static List<Score> scores(JsonNode answer, int count) {
        JsonNode numbers = requireLength(answer, "log_likelihood", count);
        JsonNode greedy = requireLength(answer, "is_greedy", count);
        return IntStream.range(0, count)
                .mapToObj(i ->
                        new Score(numbers.get(i).doubleValue(), greedy.get(i).booleanValue()))
                .toList();
    }

    private static List<String> texts(JsonNode answer, int count) {
        List<String> texts = new ArrayList<>(count);
        requireLength(answer, "output_text", count).forEach(text -> texts.add(text.asText()));
        return List.copyOf(texts);
    }

    private static JsonNode requireLength(JsonNode answer, String name, int count) {
        if (answer.path(name).size() != count) {
            throw new EasyLmException(
                    "the answer has " + answer.path(name).size() + " of '" + name + "', not " + count, null);
        }
        return answer.path(name);
    }
}
