package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineError;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each error of the engine has its status, and its words in each dialect. */
class EngineErrorsTest {

    private static final String BODY = "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}";

    @ParameterizedTest
    @CsvSource({"/v1/chat/completions,messages", "/v1/completions,prompt"})
    void aPromptThatIsTooLongIsNamedAsItWasSent(String path, String field) throws Exception {
        try (RunningServer running =
                RunningServer.of(FakeEngine.failing(new EngineError.ContextExceeded(5000, 1024)))) {
            TestClient.Answer answer = running.client().post(path, BODY);
            assertThat(answer.error().path("param").textValue()).isEqualTo(field);
            assertThat(answer.error().path("n_prompt_tokens").intValue()).isEqualTo(5000);
        }
    }

    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(
                        new EngineError.Invalid("top_k", "-7", "must be at least -1"),
                        400,
                        "invalid_request_error",
                        "invalid_request_error",
                        "invalid_value"),
                Arguments.of(
                        new EngineError.ContextExceeded(5000, 1024),
                        400,
                        "exceed_context_size_error",
                        "invalid_request_error",
                        "context_length_exceeded"),
                Arguments.of(
                        new EngineError.Busy(9, Duration.ofSeconds(3)),
                        503,
                        "unavailable_error",
                        "unavailable_error",
                        "server_busy"),
                Arguments.of(
                        new EngineError.DeadlineExceeded(Duration.ofSeconds(5)),
                        504,
                        "unavailable_error",
                        "unavailable_error",
                        "timeout"),
                Arguments.of(new EngineError.Closed(), 503, "unavailable_error", "unavailable_error", "unavailable"),
                Arguments.of(
                        new EngineError.EngineDied(), 503, "unavailable_error", "unavailable_error", "unavailable"),
                Arguments.of(
                        new EngineError.Restarting(Duration.ofSeconds(7)),
                        503,
                        "unavailable_error",
                        "unavailable_error",
                        "unavailable"),
                Arguments.of(
                        new EngineError.Quarantined(2),
                        400,
                        "invalid_request_error",
                        "invalid_request_error",
                        "invalid_value"),
                Arguments.of(
                        new EngineError.Unsupported("the model has no chat template"),
                        501,
                        "not_supported_error",
                        "not_supported_error",
                        "unsupported"),
                Arguments.of(
                        new EngineError.Internal("the decoder failed"),
                        500,
                        "server_error",
                        "server_error",
                        "internal_error"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void isTold(EngineError error, int status, String llamaType, String openaiType, String openaiCode)
            throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.failing(error))) {
            TestClient.Answer llama = running.client().post("/completion", BODY);
            assertThat(llama.status()).isEqualTo(status);
            assertThat(llama.error().path("code").intValue()).isEqualTo(status);
            assertThat(llama.error().path("type").textValue()).isEqualTo(llamaType);
            assertThat(llama.error().path("message").textValue()).isEqualTo(error.message());

            TestClient.Answer openai = running.client().post("/v1/chat/completions", BODY);
            assertThat(openai.status()).isEqualTo(status);
            assertThat(openai.error().path("type").textValue()).isEqualTo(openaiType);
            assertThat(openai.error().path("code").textValue()).isEqualTo(openaiCode);
            assertThat(openai.error().path("message").textValue()).isEqualTo(error.message());
            assertThat(openai.error().has("param")).isTrue();
        }
    }

    @Test
    void aFullQueueSaysWhenToComeBack() throws Exception {
        try (RunningServer running =
                RunningServer.of(FakeEngine.failing(new EngineError.Busy(9, Duration.ofMillis(2_500))))) {
            assertThat(running.client().post("/completion", BODY).header("Retry-After"))
                    .contains("3");
        }
    }

    @Test
    void whatALibrarySaysIsScrubbed() throws Exception {
        EngineError error = new EngineError.Internal("failed to map /home/me/models/a.gguf at 0x7f00deadbeef");
        try (RunningServer running = RunningServer.of(FakeEngine.failing(error))) {
            assertThat(running.client()
                            .post("/completion", BODY)
                            .error()
                            .path("message")
                            .textValue())
                    .isEqualTo("failed to map [path] at [address]");
        }
    }

    @Test
    void theFieldToBlameIsNamed() throws Exception {
        try (RunningServer running =
                RunningServer.of(FakeEngine.failing(new EngineError.Invalid("stop", "300", "too many")))) {
            assertThat(running.client()
                            .post("/v1/chat/completions", BODY)
                            .error()
                            .path("param")
                            .textValue())
                    .isEqualTo("stop");
        }
    }

    @Test
    void aFaultOfOursIsNotShown() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {}) {
            @Override
            public Generation submit(Generate request) {
                throw new IllegalStateException("/secret/path 0x7fff0000");
            }
        };
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient.Answer answer = running.client().post("/completion", BODY);
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.text())
                    .doesNotContain("secret")
                    .contains(answer.header("X-Request-Id").orElseThrow());
        }
    }

    @Test
    void oneFailureEndsAllPromptsOfARequest() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {
            if (generation.request().toString().contains("bad")) {
                generation.fail(new EngineError.Invalid("prompt", "bad", "must be good"));
            }
        });
        try (RunningServer running = RunningServer.of(engine)) {
            assertThat(running.client()
                            .post("/completion", "{\"prompt\": [\"good\", \"bad\"]}")
                            .status())
                    .isEqualTo(400);
            engine.next().awaitCancel();
            assertThat(engine.next().isCancelled()).as("it failed by itself").isFalse();
        }
    }
}
