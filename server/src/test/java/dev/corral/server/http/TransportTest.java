package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no request, or too much of one: a JSON error each, and the server goes on. */
class TransportTest {

    private static final int LIMIT = 100_000;

    private static RunningServer running;

    @BeforeAll
    static void start() throws IOException {
        running = RunningServer.of(
                FakeEngine.saying("a"), HttpSettings.loopback(0).withMaxBody(LIMIT), Defaults.standard());
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    @AfterEach
    void goesOn() throws InterruptedException {
        assertThat(running.client().post("/completion", "{\"prompt\": \"x\"}").status())
                .isEqualTo(200);
    }

    private static String raw(String request) throws IOException {
        try (RawClient client = running.raw().send(request)) {
            return client.readResponse();
        }
    }

    private static String body(int size) {
        String around = "{\"prompt\": \"\"}";
        return "{\"prompt\": \"" + "x".repeat(size - around.length()) + "\"}";
    }

    @Test
    void anUnknownRouteIsA404() throws InterruptedException {
        TestClient.Answer llama = running.client().get("/nothing");
        assertThat(llama.status()).isEqualTo(404);
        assertThat(llama.error().path("code").intValue()).isEqualTo(404);
        assertThat(llama.error().path("type").textValue()).isEqualTo("not_found_error");
        assertThat(llama.error().path("message").textValue()).contains("/nothing");
        TestClient.Answer openai = running.client().post("/v1/nothing", "{}");
        assertThat(openai.status()).isEqualTo(404);
        assertThat(openai.error().path("code").textValue()).isEqualTo("not_found");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /completion, POST",
        "DELETE, /completion, POST",
        "POST, /health, 'GET, HEAD'",
        "PUT, /v1/chat/completions, POST",
        "POST, /v1/models, 'GET, HEAD'",
        "PATCH, /v1/models/some/model, 'GET, HEAD'"
    })
    void anotherMethodIsA405(String method, String path, String allowed) throws InterruptedException {
        TestClient.Answer answer = running.client().call(method, path);
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).contains(allowed);
        assertThat(answer.error().path("message").textValue()).contains(method).contains(allowed);
    }

    @Test
    void aHeadIsAGetWithoutItsBody() throws IOException {
        try (RawClient client = running.raw()) {
            client.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.readTo("\r\n\r\n")).startsWith("HTTP/1.1 200").contains("Content-Length: 15\r\n");
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200").endsWith("{\"status\":\"ok\"}");
        }
    }

    @Test
    void aBodyOfTheLimitIsRead() throws InterruptedException {
        assertThat(running.client().post("/completion", body(LIMIT)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 20_000_000})
    void aBodyPastTheLimitIsA413(int size) throws InterruptedException {
        TestClient.Answer answer = running.client().post("/completion", body(size));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error().path("message").textValue()).contains("too large");
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 5_000_000})
    void aChunkedBodyPastTheLimitIsA413(int size) throws InterruptedException {
        byte[] bytes = body(size).getBytes(StandardCharsets.UTF_8);
        TestClient.Answer answer = running.client()
                .send(running.client()
                        .request("/v1/chat/completions")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error().path("code").textValue()).isEqualTo("request_too_large");
    }

    @Test
    void aChunkedBodyIsRead() throws InterruptedException {
        byte[] bytes = body(LIMIT / 2).getBytes(StandardCharsets.UTF_8);
        TestClient.Answer answer = running.client()
                .send(running.client()
                        .request("/completion")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))));
        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void aHugeHeaderIsA431() throws IOException {
        assertThat(raw("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431")
                .contains("{\"error\":{");
        assertThat(raw("GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n".repeat(5_000) + "\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void aLongAddressIsA414() throws IOException {
        assertThat(raw("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 414")
                .contains("{\"error\":{");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "GET /health\r\n\r\n",
                "GET /health HTTP/1.1\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /he\u0001alth HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "0\r\n\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
            })
    void whatIsNoHttpIsA400(String request) throws IOException {
        assertThat(raw(request)).startsWith("HTTP/1.1 400").contains("{\"error\":{");
    }

    @Test
    void whatFollowsABodyThatWasRefusedIsNoRequest() throws IOException {
        String smuggled = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        try (RawClient client = running.raw()) {
            client.send("POST /completion HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
                    + smuggled.repeat(10));
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 413").containsOnlyOnce("HTTP/1.1");
        }
    }

    @Test
    void aConnectionEndsWhenItsClientSaysSo() throws IOException {
        try (RawClient client = running.raw()) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200").endsWith("{\"status\":\"ok\"}");
        }
    }

    @Test
    void oldHttpIsA505() throws IOException {
        assertThat(raw("GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 505")
                .contains("{\"error\":{");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "image/png", "nonsense"})
    void theBodyIsJsonWhateverItsType(String type) throws InterruptedException {
        assertThat(running.client()
                        .post("/completion", "{\"prompt\": \"x\"}", "Content-Type", type)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aClientThatWaitsToBeAskedForItsBodyIsAsked() throws IOException {
        try (RawClient client = running.raw()) {
            client.send("POST /completion HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 15"
                    + "\r\n\r\n");
            assertThat(client.readTo("\r\n\r\n")).startsWith("HTTP/1.1 100");
            client.send("{\"prompt\": \"x\"}");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aBodyThatNeverComesIsNobodysProblem() throws IOException {
        try (RawClient client = running.raw()) {
            client.send("POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"prom");
        }
    }
}
