package dev.corral.server.alpaca;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.EngineError;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.http.HttpSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors as FastAPI's clients know them. */
class AlpacaErrorsTest {

    private static RunningServer running;
    private static TestClient client;

    @BeforeAll
    static void start() throws Exception {
        running = RunningServer.of(FakeEngine.saying("a"), HttpSettings.loopback(0), List.of("alpaca"));
        client = running.clientOf("alpaca");
    }

    @AfterAll
    static void stop() {
        client.close();
        running.close();
    }

    private static JsonNode refused(String path, String body) throws InterruptedException {
        TestClient.Answer answer = client.post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.json().path("detail")).hasSize(1);
        return answer.json().at("/detail/0");
    }

    private static TestClient.Answer failed(EngineError error) throws Exception {
        try (RunningServer failing =
                        RunningServer.of(FakeEngine.failing(error), HttpSettings.loopback(0), List.of("alpaca"));
                TestClient of = failing.clientOf("alpaca")) {
            return of.post("/v1/completions", "{\"prompt\": \"Hello\"}");
        }
    }

    @Test
    void aFieldThatIsMissing() throws Exception {
        assertThat(refused("/v1/completions", "{}").toString())
                .isEqualTo("{\"type\":\"missing\",\"loc\":[\"body\",\"prompt\"],\"msg\":\"Field required\","
                        + "\"ctx\":{\"error\":\"'prompt' is required, but is absent\"}}");
        JsonNode nested = refused("/v1/chat/completions", "{\"messages\": [{\"role\": \"user\"}]}");
        assertThat(nested.path("loc").toString()).isEqualTo("[\"body\",\"messages\",0,\"message\"]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max_tokens | \"x\" | int_parsing | at least 1",
                "max_tokens | 0 | value_error | at least 1",
                "max_tokens | 1.5 | int_parsing | at least 1",
                "max_tokens | 1e999 | value_error | at least 1",
                "temperature | \"hot\" | float_parsing | between 0 and 100",
                "temperature | -0.1 | value_error | between 0 and 100",
                "top_p | 1.01 | value_error | between 0 and 1",
                "top_p | \"NaN\" | float_parsing | between 0 and 1",
                "top_k | -1 | value_error | at least 0",
                "num_beams | 65 | value_error | between 1 and 64",
                "num_beams | 0 | value_error | between 1 and 64",
                "repetition_penalty | 0 | value_error | between 0.01 and 100",
                "do_sample | \"perhaps\" | bool_parsing | true or false",
                "stop | 7 | value_error | a string or an array of strings",
                "seed | -2 | value_error | between -1 and 4294967295"
            })
    void aValueThatAFieldMayNotHave(String field, String value, String type, String range) throws Exception {
        JsonNode detail = refused("/v1/completions", "{\"prompt\": \"a\", \"" + field + "\": " + value + "}");
        assertThat(detail.path("type").textValue()).isEqualTo(type);
        assertThat(detail.path("loc").toString()).isEqualTo("[\"body\",\"" + field + "\"]");
        assertThat(detail.at("/ctx/error").textValue())
                .contains("'" + field + "'")
                .contains(range);
        if (!value.startsWith("1e999")) {
            assertThat(detail.path("input")).isEqualTo(TestClient.json(value));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/completions | {\"prompt\": [\"a\"]} | [\"body\",\"prompt\"] | string_type",
                "/v1/chat/completions | {\"messages\": 7} | [\"body\",\"messages\"] | value_error",
                "/v1/chat/completions | {\"messages\": [7]} | [\"body\",\"messages\",0] | value_error",
                "/v1/chat/completions | {\"messages\": [{\"role\": 7}]} | [\"body\",\"messages\",0,\"role\"] | string_type",
                "/v1/embeddings | {\"input\": [\"a\", 7]} | [\"body\",\"input\",1] | string_type",
                "/v1/embeddings | {\"input\": 7} | [\"body\",\"input\"] | value_error",
                "/v1/embeddings | {\"input\": []} | [\"body\",\"input\"] | value_error",
                "/v1/completions | {\"prompt\": \"a\", \"num_beams\": 2, \"repetition_penalty\": 0.5} "
                        + "| [\"body\",\"repetition_penalty\"] | value_error",
            })
    void aShapeThatAFieldMayNotHave(String path, String body, String loc, String type) throws Exception {
        JsonNode detail = refused(path, body);
        assertThat(detail.path("loc").toString()).isEqualTo(loc);
        assertThat(detail.path("type").textValue()).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{\"prompt\":", "[1]", "{\"prompt\": \"a\", \"prompt\": \"b\"}"})
    void aBodyThatIsNoJsonObject(String body) throws Exception {
        JsonNode detail = refused("/v1/completions", body);
        assertThat(detail.path("type").textValue()).isEqualTo("json_invalid");
        assertThat(detail.path("loc").toString()).isEqualTo("[\"body\"]");
        assertThat(detail.path("msg").textValue()).isEqualTo("JSON decode error");
        assertThat(detail.at("/ctx/error").textValue()).contains("JSON");
    }

    @Test
    void aRouteThatIsNotThere() throws Exception {
        TestClient.Answer nothing = client.get("/v1/models");
        assertThat(nothing.status()).isEqualTo(404);
        assertThat(nothing.text()).isEqualTo("{\"detail\":\"Not Found\"}");
        TestClient.Answer method = client.get("/v1/completions");
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.text()).isEqualTo("{\"detail\":\"Method Not Allowed\"}");
        assertThat(method.header("Allow")).contains("POST");
    }

    @Test
    void theDescriptionIsOfThisPort() throws Exception {
        JsonNode paths = client.get("/openapi.json").json().path("paths");
        assertThat(paths.has("/v1/embeddings")).isTrue();
        assertThat(paths.has("/completion")).isFalse();
        assertThat(client.get("/docs").status()).isEqualTo(200);
    }

    @Test
    void aFailureOfTheEngine() throws Exception {
        TestClient.Answer tooLong = failed(new EngineError.ContextExceeded(99, 64));
        assertThat(tooLong.status()).isEqualTo(422);
        assertThat(tooLong.json().at("/detail/0/loc").toString()).isEqualTo("[\"body\",\"prompt\"]");
        assertThat(tooLong.json().at("/detail/0/msg").textValue())
                .contains("99 tokens")
                .contains("64");
        TestClient.Answer busy = failed(new EngineError.Busy(3, Duration.ofSeconds(2)));
        assertThat(busy.status()).isEqualTo(503);
        assertThat(busy.header("Retry-After")).contains("2");
        assertThat(busy.json().path("detail").textValue()).contains("try again later");
        assertThat(failed(new EngineError.Internal("x")).status()).isEqualTo(500);
    }
}
