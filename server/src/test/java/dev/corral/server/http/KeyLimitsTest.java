package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that used up what they may use, over HTTP. */
class KeyLimitsTest {

    private static final String BODY = "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}";

    private static RunningServer running(FakeEngine engine, KeyLimits limits) throws Exception {
        return RunningServer.of(
                engine,
                HttpSettings.loopback(0).with(new KeySettings(List.of("k-one", "k-two"), Optional.empty(), limits)),
                Defaults.standard());
    }

    private static TestClient.Answer post(RunningServer running, String path, String key) throws Exception {
        return running.client().post(path, BODY, "Authorization", "Bearer " + key);
    }

    @Test
    void tooManyRequestsAreA429InEachDialect() throws Exception {
        try (RunningServer running = running(FakeEngine.saying("a"), new KeyLimits(2, 0, 0))) {
            assertThat(post(running, "/completion", "k-one").status()).isEqualTo(200);
            assertThat(post(running, "/v1/chat/completions", "k-one").status()).isEqualTo(200);
            TestClient.Answer llama = post(running, "/completion", "k-one");
            assertThat(llama.status()).isEqualTo(429);
            assertThat(llama.error().path("code").intValue()).isEqualTo(429);
            assertThat(llama.error().path("type").textValue()).isEqualTo("rate_limit_error");
            assertThat(llama.error().path("message").textValue()).contains("2 requests a minute");
            assertThat(Integer.parseInt(llama.header("Retry-After").orElseThrow()))
                    .isBetween(1, 30);
            TestClient.Answer openai = post(running, "/v1/chat/completions", "k-one");
            assertThat(openai.status()).isEqualTo(429);
            assertThat(openai.error().path("code").textValue()).isEqualTo("rate_limit_exceeded");
            assertThat(openai.header("Retry-After")).isPresent();
            assertThat(post(running, "/completion", "k-two").status()).isEqualTo(200);
            assertThat(running.client().get("/props", "X-Api-Key", "k-one").status())
                    .as("looking costs nothing")
                    .isEqualTo(200);
        }
    }

    @Test
    void tokensOfPromptAndAnswerAreCounted() throws Exception {
        // the fake's prompts have 7 tokens, and each piece is one
        try (RunningServer running = running(FakeEngine.saying("a", "b", "c"), new KeyLimits(0, 20, 0))) {
            assertThat(post(running, "/completion", "k-one").status()).isEqualTo(200);
            assertThat(post(running, "/completion", "k-one").status()).isEqualTo(200);
            TestClient.Answer third = post(running, "/completion", "k-one");
            assertThat(third.status()).isEqualTo(429);
            assertThat(third.error().path("message").textValue()).contains("20 tokens a minute");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/embedding | {\"content\": \"twelve chars\"}",
                "/v1/embeddings | {\"input\": [\"six ch\", \"six ch\"]}",
                "/rerank | {\"query\": \"q\", \"documents\": [\"twelve char\"]}"
            })
    void whatIsEmbeddedOrRankedIsCounted(String path, String body) throws Exception {
        // the fake's texts have a token for each character, and a document has one more
        try (RunningServer running = running(FakeEngine.saying("a"), new KeyLimits(0, 12, 0))) {
            assertThat(running.client().post(path, body, "X-Api-Key", "k-one").status())
                    .isEqualTo(200);
            assertThat(running.client().post(path, body, "X-Api-Key", "k-one").status())
                    .isEqualTo(429);
            assertThat(running.client().post(path, body, "X-Api-Key", "k-two").status())
                    .isEqualTo(200);
        }
    }

    @Test
    void onlySoManyRequestsRunAtOnce() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        try (RunningServer running = running(engine, new KeyLimits(0, 0, 1));
                RawClient client = running.raw()) {
            client.send("POST /completion HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: k-one\r\nContent-Length: "
                    + BODY.length() + "\r\n\r\n" + BODY);
            FakeGeneration first = engine.next();
            assertThat(post(running, "/completion", "k-one").status()).isEqualTo(429);
            first.start().say("a").finish();
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200");
            engine.close();
            assertThat(post(running, "/completion", "k-one").status())
                    .as("let in again")
                    .isEqualTo(503);
        }
    }
}
