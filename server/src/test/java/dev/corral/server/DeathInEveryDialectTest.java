package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.EngineError;
import dev.corral.server.http.HttpSettings;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What clients of each dialect are told when the model's process dies while they wait for an answer, or read one: the same,
 * in the shape that their libraries know. How soon they learn it is the business of the process's own tests.
 */
class DeathInEveryDialectTest {

    private static final String DIED = new EngineError.EngineDied().message();

    private static RunningServer running;
    private static TestClient alpaca;

    @BeforeAll
    static void start() throws Exception {
        FakeEngine dying =
                new FakeEngine(generation -> generation.start().say("a", "b").fail(new EngineError.EngineDied()));
        running = RunningServer.of(dying, HttpSettings.loopback(0), List.of("alpaca"));
        alpaca = running.clientOf("alpaca");
    }

    @AfterAll
    static void stop() {
        alpaca.close();
        running.close();
    }

    private static TestClient client(String dialect) {
        return dialect.equals("alpaca") ? alpaca : running.client();
    }

    private static String body(String json) {
        return json.replace('\'', '"');
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "llamacpp  | /completion          | {'prompt': 'x'}                   | /error/message",
                "openai    | /v1/completions      | {'prompt': 'x'}                   | /error/message",
                "openai    | /v1/chat/completions | {'messages': [{'role': 'user', 'content': 'x'}]} | /error/message",
                "openai    | /v1/responses        | {'input': 'x'}                    | /error/message",
                "anthropic | /v1/messages         | {'max_tokens': 9, 'messages': [{'role': 'user', 'content': 'x'}]}"
                        + " | /error/message",
                "ollama    | /api/chat            | {'model': 'fake', 'stream': false, 'messages': [{'role': 'user',"
                        + " 'content': 'x'}]} | /error",
                "ollama    | /api/generate        | {'model': 'fake', 'stream': false, 'prompt': 'x'} | /error",
                "petals    | /api/v1/generate     | {'inputs': 'x', 'max_new_tokens': 3} | /traceback",
                "easylm    | /chat                | {'prompt': 'x'}                   | /detail",
                "easylm    | /generate            | {'prefix_text': ['x']}            | /detail",
                "alpaca    | /v1/completions      | {'prompt': 'x'}                   | /detail",
                "alpaca    | /v1/chat/completions | {'messages': [{'role': 'user', 'message': 'x'}]} | /detail"
            })
    void anAnswerIsAnError(String dialect, String path, String body, String where) throws Exception {
        TestClient.Answer answer = client(dialect).post(path, body(body));
        assertThat(answer.json().at(where).asText()).as(answer.text()).contains(DIED);
        boolean saysSoInItsBody = dialect.equals("petals");
        assertThat(answer.status()).as(answer.text()).isEqualTo(saysSoInItsBody ? 200 : 503);
        assertThat(answer.header("Retry-After")).isPresent();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "llamacpp  | /completion          | {'prompt': 'x', 'stream': true}   | data: {\"error\":{",
                "openai    | /v1/completions      | {'prompt': 'x', 'stream': true}   | data: {\"error\":{",
                "openai    | /v1/chat/completions | {'messages': [{'role': 'user', 'content': 'x'}], 'stream': true}"
                        + " | data: {\"error\":{",
                "openai    | /v1/responses        | {'input': 'x', 'stream': true}    | data: {\"error\":{",
                "anthropic | /v1/messages         | {'max_tokens': 9, 'messages': [{'role': 'user', 'content': 'x'}],"
                        + " 'stream': true} | event: error",
                "ollama    | /api/chat            | {'model': 'fake', 'messages': [{'role': 'user', 'content': 'x'}]}"
                        + " | {\"error\":\"",
                "ollama    | /api/generate        | {'model': 'fake', 'prompt': 'x'}  | {\"error\":\"",
                "alpaca    | /v1/chat/completions | {'messages': [{'role': 'user', 'message': 'x'}], 'stream': true}"
                        + " | {\"detail\":"
            })
    void aStreamEndsWithAnErrorBehindWhatItHasSaid(String dialect, String path, String body, String error)
            throws Exception {
        TestClient.Answer answer = client(dialect).post(path, body(body));
        assertThat(answer.status()).isEqualTo(200);
        int end = answer.text().lastIndexOf(error);
        assertThat(end).as(answer.text()).isPositive();
        assertThat(answer.text().substring(0, end)).contains("b");
        assertThat(answer.text().substring(end)).contains(DIED);
    }

    @Test
    void aSessionIsToldByWebSocket() throws Exception {
        try (SocketClient socket =
                SocketClient.open(running.client().http(), running.client().address(), "/api/v2/generate")) {
            socket.say("{'type': 'open_inference_session', 'model': 'fake', 'max_length': 64}")
                    .say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 9}");
            assertThat(socket.next().path("ok").booleanValue()).isTrue();
            JsonNode last = socket.next();
            while (last.path("ok").booleanValue()) {
                last = socket.next();
            }
            assertThat(last.path("traceback").textValue()).contains(DIED);
        }
    }
}
