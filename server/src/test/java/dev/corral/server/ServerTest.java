package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** From the first request to the last. */
class ServerTest {

    private static final String BODY = "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}";

    @Test
    void saysThatTheModelIsLoading() throws Exception {
        try (RunningServer running = RunningServer.loading(HttpSettings.loopback(0), Defaults.standard())) {
            TestClient.Answer health = running.client().get("/health");
            assertThat(health.status()).isEqualTo(503);
            assertThat(health.text())
                    .isEqualTo(
                            "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}");
            assertThat(running.client().post("/completion", BODY).status()).isEqualTo(503);
            assertThat(running.client().post("/v1/chat/completions", BODY).status())
                    .isEqualTo(503);
            assertThat(running.client().get("/v1/models").status()).isEqualTo(503);
            assertThat(running.client().get("/nothing").status()).isEqualTo(404);
            assertThat(running.client().get("/ready").status()).isEqualTo(503);
            running.server().serve(FakeEngine.saying("a"));
            assertThat(running.client().get("/health").status()).isEqualTo(200);
            assertThat(running.client().get("/ready").text()).isEqualTo("{\"status\":\"ready\"}");
            assertThat(running.client().post("/completion", BODY).status()).isEqualTo(200);
        }
    }

    @Test
    void letsRequestsThatRunFinish() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        RunningServer running = RunningServer.of(engine);
        try (RawClient stream = running.raw().post("/completion", "{\"prompt\": \"x\", \"stream\": true}")) {
            FakeGeneration generation = engine.next();
            generation.start().say("a");
            stream.readTo("\"content\":\"a\"");
            CompletableFuture<Boolean> ended = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    ended.complete(running.server().shutDown(Duration.ofSeconds(60)));
                } catch (InterruptedException e) {
                    ended.completeExceptionally(e);
                }
            });
            while (running.client().get("/ready").status() == 200) {
                Thread.onSpinWait();
            }
            assertThat(running.client().get("/health").status()).as("alive").isEqualTo(200);
            TestClient.Answer refused = running.client().post("/completion", BODY);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).contains("1");
            assertThat(ended).isNotDone();
            generation.say("b").finish();
            assertThat(stream.readTo("\r\n0\r\n\r\n"))
                    .contains("\"content\":\"b\"")
                    .contains("\"stop\":true");
            assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            running.close();
        }
    }

    @Test
    void tellsThoseThatTakeTooLong() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        RunningServer running = RunningServer.of(engine);
        try (RawClient stream = running.raw().post("/completion", "{\"prompt\": \"x\", \"stream\": true}");
                RawClient plain = running.raw().post("/completion", "{\"prompt\": \"y\"}")) {
            for (FakeGeneration generation : List.of(engine.next(), engine.next())) {
                generation.start().say("a");
            }
            stream.readTo("\"content\":\"a\"");
            assertThat(running.server().shutDown(Duration.ofMillis(1))).isFalse();
            assertThat(stream.readTo("\r\n0\r\n\r\n")).contains("data: {\"error\":{\"code\":503");
            assertThat(plain.readResponse()).startsWith("HTTP/1.1 503").contains("being unloaded");
        } finally {
            running.close();
        }
    }

    @Test
    void saysThatAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatIOException()
                    .isThrownBy(() ->
                            Server.listen(HttpSettings.loopback(taken.getLocalPort()), Defaults.standard(), List.of()))
                    .withMessageContaining("in use");
        }
    }
}
