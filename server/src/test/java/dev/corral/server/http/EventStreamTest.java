package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineError;
import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What goes over the wire when text comes as events. */
class EventStreamTest {

    private static final String STREAM = "{\"prompt\": \"x\", \"stream\": true}";

    @Test
    void eachEventIsOneChunkOfItsOwn() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        try (RunningServer running = RunningServer.of(engine);
                RawClient client = running.raw().post("/completion", STREAM)) {
            FakeGeneration generation = engine.next();
            generation.start().say("a");
            String head = client.readTo("\r\n\r\n");
            assertThat(head).startsWith("HTTP/1.1 200 OK\r\n").contains("Content-Type: text/event-stream\r\n");
            assertThat(client.readChunk()).matches("data: \\{.*\"content\":\"a\".*}\n\n");
            generation.say("b\n\n");
            assertThat(client.readChunk()).matches("data: \\{.*\"content\":\"b\\\\n\\\\n\".*}\n\n");
            generation.finish();
            assertThat(client.readChunk()).matches("data: \\{.*\"stop\":true.*}\n\n");
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void theConnectionServesTheNextRequest() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"));
                RawClient client = running.raw()) {
            for (int i = 0; i < 3; i++) {
                client.post("/completion", STREAM);
                client.readTo("\r\n0\r\n\r\n");
                client.post("/completion", "{\"prompt\": \"x\"}");
                assertThat(client.readResponse()).contains("\"content\":\"a\"");
            }
        }
    }

    @Test
    void aRequestSentTooEarlyWaitsForItsTurn() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        try (RunningServer running = RunningServer.of(engine);
                RawClient client = running.raw()) {
            client.post("/completion", "{\"prompt\": \"x\"}");
            FakeGeneration first = engine.next();
            client.post("/completion", "{\"prompt\": \"y\"}");
            first.start().say("one").finish();
            assertThat(client.readResponse()).contains("\"content\":\"one\"");
            engine.next().start().say("two").finish();
            assertThat(client.readResponse()).contains("\"content\":\"two\"");
            assertThat(first.isCancelled()).as("it ended by itself").isFalse();
        }
    }

    @Test
    void silenceIsFilledWithComments() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        Defaults soon = Defaults.standard().withBeat(Optional.of(Duration.ofMillis(20)));
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), soon);
                RawClient client = running.raw().post("/completion", STREAM)) {
            client.readTo("\r\n\r\n");
            assertThat(client.readChunk()).isEqualTo(":\n\n");
            assertThat(client.readChunk()).isEqualTo(":\n\n");
            engine.next().start().say("a").finish();
            assertThat(client.readTo("\"stop\":true")).contains("\"content\":\"a\"");
        }
    }

    @Test
    void aRequestCanDoWithoutComments() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        Defaults soon = Defaults.standard().withBeat(Optional.of(Duration.ofMillis(1)));
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), soon);
                RawClient with = running.raw().post("/completion", STREAM)) {
            FakeGeneration beaten = engine.next();
            try (RawClient without = running.raw()
                    .post("/completion", "{\"prompt\": \"x\", \"stream\": true, \"sse_ping_interval\": -1}")) {
                FakeGeneration silent = engine.next();
                with.readTo("\r\n\r\n");
                for (int i = 0; i < 10; i++) {
                    assertThat(with.readChunk()).isEqualTo(":\n\n");
                }
                silent.start().say("a").finish();
                without.readTo("\r\n\r\n");
                assertThat(without.readChunk()).startsWith("data: ");
                beaten.start().finish();
            }
        }
    }

    @Test
    void anErrorBeforeTheFirstEventHasItsStatus() throws Exception {
        try (RunningServer running =
                RunningServer.of(FakeEngine.failing(new EngineError.ContextExceeded(5000, 1024)))) {
            TestClient.Answer answer = running.client().post("/completion", STREAM);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().path("n_prompt_tokens").intValue()).isEqualTo(5000);
        }
    }

    @Test
    void anErrorAfterItIsTheLastEvent() throws Exception {
        FakeEngine engine = new FakeEngine(
                generation -> generation.start().say("a").fail(new EngineError.Internal("the model is gone")));
        try (RunningServer running = RunningServer.of(engine)) {
            for (String path : new String[] {"/completion", "/v1/chat/completions"}) {
                TestClient.Answer answer = running.client()
                        .post(
                                path,
                                "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}],"
                                        + " \"stream\": true}");
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.events()
                                .getLast()
                                .path("error")
                                .path("message")
                                .textValue())
                        .isEqualTo("the model is gone");
                assertThat(answer.text()).doesNotContain("[DONE]");
            }
        }
    }

    @Test
    void aSlowReaderDelaysNobodyElse() throws Exception {
        String much = "x".repeat(1_000_000);
        FakeEngine engine = new FakeEngine(generation -> {
            generation.start();
            if (generation.request().toString().contains("much")) {
                for (int i = 0; i < 20; i++) {
                    generation.say(much);
                }
            }
            generation.say("a").finish();
        });
        try (RunningServer running = RunningServer.of(engine);
                RawClient slow = running.raw().post("/completion", "{\"prompt\": \"much\", \"stream\": true}")) {
            slow.readTo("data: ");
            for (int i = 0; i < 20; i++) {
                assertThat(running.client().post("/completion", STREAM).events())
                        .hasSize(2);
            }
            assertThat(slow.readTo("\"stop\":true")).hasSizeGreaterThan(20 * much.length());
        }
    }
}
