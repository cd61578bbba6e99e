package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.server.dialects.DialectPort;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.KeyLimits;
import dev.corral.server.http.KeySettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A port of a single dialect is guarded as the main one is, and ends with it. */
class DialectPortsTest {

    private static final String BODY = "{\"prompt\": \"Hello\"}";

    private static RunningServer start(HttpSettings http) throws IOException {
        return RunningServer.of(FakeEngine.saying("a"), http, List.of("alpaca"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void keysAreNeededThereToo() throws Exception {
        try (RunningServer running = start(HttpSettings.loopback(0).withApiKeys(List.of("k-one")));
                TestClient client = running.clientOf("alpaca")) {
            for (String path : List.of("/v1/completions", "/v1/chat/completions", "/v1/embeddings", "/nothing")) {
                TestClient.Answer answer = client.post(path, BODY);
                assertThat(answer.status()).as(path).isEqualTo(401);
                assertThat(answer.json().path("detail").textValue()).contains("Invalid API Key");
            }
            assertThat(client.post("/v1/completions", BODY, "Authorization", "Bearer k-one")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void whatAKeyMayUseIsCountedOnAllPortsTogether() throws Exception {
        KeySettings keys = new KeySettings(List.of("k-one"), Optional.empty(), new KeyLimits(2, 0, 0));
        try (RunningServer running = start(HttpSettings.loopback(0).with(keys));
                TestClient client = running.clientOf("alpaca")) {
            String[] key = {"X-Api-Key", "k-one"};
            assertThat(running.client().post("/completion", BODY, key).status()).isEqualTo(200);
            assertThat(client.post("/v1/completions", BODY, key).status()).isEqualTo(200);
            TestClient.Answer third = client.post("/v1/completions", BODY, key);
            assertThat(third.status()).isEqualTo(429);
            assertThat(third.header("Retry-After")).isPresent();
            assertThat(running.client().post("/completion", BODY, key).status()).isEqualTo(429);
        }
    }

    @Test
    void pagesFromElsewhereAreKeptAway() throws Exception {
        try (RunningServer running = start(HttpSettings.loopback(0));
                TestClient client = running.clientOf("alpaca")) {
            TestClient.Answer stranger = client.post("/v1/completions", BODY, "Origin", "https://elsewhere.example");
            assertThat(stranger.status()).isEqualTo(403);
            assertThat(stranger.json().path("detail").textValue()).contains("elsewhere.example");
            assertThat(client.post("/v1/completions", BODY, "Origin", "http://localhost:3000")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void bodiesAreLimited() throws Exception {
        try (RunningServer running = start(HttpSettings.loopback(0).withMaxBody(1000));
                TestClient client = running.clientOf("alpaca")) {
            TestClient.Answer answer = client.post("/v1/completions", "{\"prompt\": \"" + "a".repeat(1000) + "\"}");
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.json().path("detail").isTextual()).isTrue();
        }
    }

    @Test
    void otherDialectsAreNotThere() throws Exception {
        try (RunningServer running = start(HttpSettings.loopback(0));
                TestClient client = running.clientOf("alpaca")) {
            assertThat(client.post("/completion", BODY).status()).isEqualTo(404);
            assertThat(client.get("/props").status()).isEqualTo(404);
            assertThat(client.get("/ready").status()).isEqualTo(200);
        }
    }

    @Test
    void anEndingServerAwaitsItsRequestsAndCloses() throws Exception {
        FakeEngine engine = new FakeEngine(FakeGeneration::start);
        RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), List.of("alpaca"));
        int port;
        try (TestClient client = running.clientOf("alpaca")) {
            port = client.address().getPort();
            Thread asking = Thread.ofVirtual().start(() -> {
                try {
                    client.post("/v1/completions", BODY);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            engine.next();
            assertThat(running.server().shutDown(Duration.ofMillis(50))).isFalse();
            asking.join();
        } finally {
            running.close();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aPortThatIsTakenIsNamedAndNothingStaysOpen() throws Exception {
        int mainPort = freePort();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HttpSettings http = HttpSettings.loopback(mainPort);
            DialectSettings settings = DialectSettings.of(
                    List.of(new DialectPort("alpaca", http.reachedAt(http.host(), taken.getLocalPort()))));
            assertThatThrownBy(() -> Server.listen(http, Defaults.standard(), List.of(), settings))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("alpaca on 127.0.0.1:" + taken.getLocalPort());
            assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), mainPort).close())
                    .isInstanceOf(IOException.class);
        }
    }
}
