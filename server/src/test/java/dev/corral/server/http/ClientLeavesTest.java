package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that closes its connection gives its slot back, whatever it was waiting for. */
class ClientLeavesTest {

    private static final String PLAIN = "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}";
    private static final String STREAM =
            "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"stream\": true}";

    private static void leaves(String path, String body, FakeEngine.Script before) throws Exception {
        FakeEngine engine = new FakeEngine(before);
        try (RunningServer running = RunningServer.of(engine)) {
            FakeGeneration abandoned;
            try (RawClient client = running.raw().post(path, body)) {
                abandoned = engine.next();
                assertThat(abandoned.isCancelled()).isFalse();
                if (body.equals(STREAM) && before != QUEUED) {
                    client.readTo("data: ");
                }
            }
            abandoned.awaitCancel();
            assertThat(running.server().shutDown(Duration.ofSeconds(20)))
                    .as("nothing is left")
                    .isTrue();
        }
    }

    private static final FakeEngine.Script QUEUED = generation -> {};

    @ParameterizedTest
    @ValueSource(strings = {"/completion", "/v1/chat/completions"})
    void whileQueued(String path) throws Exception {
        leaves(path, PLAIN, QUEUED);
        leaves(path, STREAM, QUEUED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/completion", "/v1/chat/completions"})
    void whileItsTextComes(String path) throws Exception {
        leaves(path, PLAIN, generation -> generation.start().say("a"));
        leaves(path, STREAM, generation -> generation.start().say("a"));
    }

    @Test
    void whileTextKeepsComing() throws Exception {
        leaves("/completion", STREAM, generation -> {
            generation.start();
            while (!generation.isCancelled()) {
                generation.say("text");
                Thread.onSpinWait();
            }
        });
    }

    @Test
    void withSeveralPrompts() throws Exception {
        FakeEngine engine = new FakeEngine(QUEUED);
        try (RunningServer running = RunningServer.of(engine)) {
            FakeGeneration first;
            FakeGeneration second;
            try (RawClient _ = running.raw().post("/completion", "{\"prompt\": [\"x\", \"y\"]}")) {
                first = engine.next();
                second = engine.next();
            }
            first.awaitCancel();
            second.awaitCancel();
        }
    }

    @Test
    void onASecondRequestOfTheSameConnection() throws Exception {
        FakeEngine engine = new FakeEngine(QUEUED);
        try (RunningServer running = RunningServer.of(engine)) {
            FakeGeneration second;
            try (RawClient client = running.raw().post("/completion", PLAIN)) {
                engine.next().start().say("a").finish();
                client.readResponse();
                client.post("/completion", PLAIN);
                second = engine.next();
                assertThat(second.isCancelled()).isFalse();
            }
            second.awaitCancel();
        }
    }
}
