package dev.corral.server.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.SamplerKind;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine is asked for, field by field, over HTTP. */
class RequestFieldsTest {

    private static final FakeEngine ENGINE = FakeEngine.saying("a");
    private static RunningServer running;

    @BeforeAll
    static void start() throws IOException {
        running = RunningServer.of(ENGINE);
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static Generate asked(String fields) throws InterruptedException {
        TestClient.Answer answer = running.client().post("/completion", "{\"prompt\": \"x\"" + fields + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return ENGINE.next().request();
    }

    private static void refused(String path, String fields, String field) throws InterruptedException {
        TestClient.Answer answer = running.client()
                .post(
                        path,
                        "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]" + fields + "}");
        assertThat(answer.status()).as(fields + " -> " + answer.text()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains("'" + field);
    }

    @Test
    void defaultsAreLlamaServers() throws InterruptedException {
        assertThat(asked(""))
                .isEqualTo(Generate.of(Prompt.text("x"))
                        .with(new Generate.Schedule(0, "", Optional.of(Duration.ofHours(1)))));
    }

    @Test
    void nullMeansDefault() throws InterruptedException {
        assertThat(asked(
                        ", \"temperature\": null, \"stop\": null, \"seed\": null, \"logit_bias\": null, \"grammar\": null,"
                                + " \"n_predict\": null, \"samplers\": null, \"stream\": null, \"id_slot\": null"))
                .isEqualTo(asked(""));
    }

    @Test
    void unknownFieldsAreIgnored() throws InterruptedException {
        assertThat(asked(", \"unknown\": {\"a\": [1]}, \"use_default_badwordsids\": true"))
                .isEqualTo(asked(""));
    }

    @Test
    void everySamplingFieldArrives() throws InterruptedException {
        Sampling sampling = asked("""
                        , "samplers": ["top_k", "temperature", "typ_p"], "temperature": 0.1, "dynatemp_range": 0.2,
                        "dynatemp_exponent": 1.3, "top_k": 4, "top_p": 0.5, "min_p": 0.6, "tfs_z": 0.65, "typical_p": 0.7,
                        "top_n_sigma": 0.8, "xtc_probability": 0.9, "xtc_threshold": 0.11, "repeat_last_n": 12,
                        "repeat_penalty": 1.3, "frequency_penalty": 0.14, "presence_penalty": 0.15, "penalize_nl": false,
                        "dry_multiplier": 0.16, "dry_base": 1.7, "dry_allowed_length": 18, "dry_penalty_last_n": 19,
                        "dry_sequence_breakers": ["!"], "mirostat": 2, "mirostat_tau": 2.1, "mirostat_eta": 0.22,
                        "adaptive_target": 0.23, "adaptive_decay": 0.24, "min_keep": 25, "seed": 26,
                        "logit_bias": [[27, 2.8]], "ignore_eos": true""").sampling();
        assertThat(sampling)
                .isEqualTo(new Sampling(
                        List.of(SamplerKind.TOP_K, SamplerKind.TEMPERATURE, SamplerKind.TYPICAL_P),
                        0.1,
                        new Sampling.DynamicTemperature(0.2, 1.3),
                        4,
                        0.5,
                        0.6,
                        0.65,
                        0.7,
                        0.8,
                        new Sampling.Xtc(0.9, 0.11),
                        new Sampling.Penalties(12, 1.3, 0.14, 0.15, false),
                        new Sampling.Dry(0.16, 1.7, 18, 19, List.of("!")),
                        new Sampling.Mirostat(2, 2.1, 0.22),
                        new Sampling.AdaptiveP(0.23, 0.24),
                        25,
                        26,
                        List.of(new LogitBias.OfToken(27, 2.8)),
                        true));
    }

    @Test
    void theOtherFieldsArrive() throws InterruptedException {
        Generate request = asked("""
                , "n_predict": 5, "n_indent": 2, "t_max_predict_ms": 300, "stop": ["a", "", "b"], "n_cmpl": 3,
                "cache_prompt": false, "id_slot": 2, "return_progress": true, "n_probs": 7,
                "post_sampling_probs": true""");
        assertThat(request.limits()).isEqualTo(new Limits(5, Optional.of(Duration.ofMillis(300)), 2));
        assertThat(request.stop()).containsExactly("a", "b");
        assertThat(request.completions()).isEqualTo(3);
        assertThat(request.cache()).isEqualTo(new Generate.Cache(false, 2));
        assertThat(request.output()).isEqualTo(new Generate.Output(false, true));
        assertThat(request.logprobs()).isEqualTo(new Logprobs(7, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max_tokens | 9",
                "max_completion_tokens | 9",
                "n_predict | 9",
            })
    void theLengthHasSeveralNames(String name, int tokens) throws InterruptedException {
        assertThat(asked(", \"" + name + "\": " + tokens).limits().maxTokens()).isEqualTo(tokens);
    }

    @Test
    void olderNamesAreKnown() throws InterruptedException {
        assertThat(asked(", \"slot_id\": 3").cache().slot()).isEqualTo(3);
        assertThat(asked(", \"slot_id\": 4").cache().slot())
                .as("a slot that is not there is any")
                .isEqualTo(Generate.Cache.ANY_SLOT);
        assertThat(asked(", \"n\": 2").completions()).isEqualTo(2);
        assertThat(asked(", \"logprobs\": 2").logprobs().top()).isEqualTo(2);
        assertThat(asked(", \"stop\": \"a\"").stop()).containsExactly("a");
    }

    @Test
    void samplersMayBeLetters() throws InterruptedException {
        assertThat(asked(", \"samplers\": \"kt\"").sampling().samplers())
                .containsExactly(SamplerKind.TOP_K, SamplerKind.TEMPERATURE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[[5, 1.5], [\"hi\", false], [\"7\", -2]] | t5:1.5 xhi:-Infinity x7:-2.0",
                "{\"5\": 1.5, \"hi\": false, \" 7\": 0} | t5:1.5 xhi:-Infinity x 7:0.0",
                "[{\"token\": 5, \"bias\": null}, {\"token\": \"hi\", \"bias\": 1}] | t5:-Infinity xhi:1.0",
                "[] | ''",
                "{} | ''"
            })
    void logitBiasHasManyShapes(String json, String expected) throws InterruptedException {
        StringBuilder seen = new StringBuilder();
        for (LogitBias bias : asked(", \"logit_bias\": " + json).sampling().logitBias()) {
            switch (bias) {
                case LogitBias.OfToken(int token, double value) ->
                    seen.append('t').append(token).append(':').append(value).append(' ');
                case LogitBias.OfText(String text, double value) ->
                    seen.append('x').append(text).append(':').append(value).append(' ');
            }
        }
        assertThat(seen.toString().strip()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5",
                "\"x\"",
                "[5]",
                "[[5]]",
                "[[5, true]]",
                "[[5, \"x\"]]",
                "[[-1, 1]]",
                "[[1.5, 1]]",
                "[[5, 1e999]]",
                "[[99999999999, 1]]",
                "{\"5\": \"x\"}",
                "{\"99999999999\": 1}",
                "{\"5\": 1e300}",
                "[[null, 1]]"
            })
    void logitBiasOfAnyOtherShapeIsRefused(String json) throws InterruptedException {
        refused("/completion", ", \"logit_bias\": " + json, "logit_bias");
        refused("/v1/chat/completions", ", \"logit_bias\": " + json, "logit_bias");
    }

    @Test
    void grammarsArrive() throws InterruptedException {
        assertThat(asked(", \"grammar\": \"root ::= [a-z]\"").grammar()).contains(new Grammar.Gbnf("root ::= [a-z]"));
        assertThat(asked(", \"grammar\": \"\"").grammar()).isEmpty();
        assertThat(asked(", \"json_schema\": {\"type\": \"string\"}").grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"string\"}"));
        assertThat(asked(", \"json_schema\": {}").grammar()).contains(new Grammar.JsonSchema("{\"type\":\"object\"}"));
        assertThat(asked(", \"json_schema\": {}, \"grammar\": \"root ::= [a-z]\"")
                        .grammar())
                .contains(new Grammar.Gbnf("root ::= [a-z]"));
        assertThat(asked("""
                                , "grammar": "root ::= [a-z]", "grammar_lazy": true, "grammar_triggers": [
                                {"type": 0, "value": "<t>", "token": 5}, {"type": 1, "value": "w"},
                                {"type": 2, "value": "p+"}, {"type": 3, "value": "f+"}]""").grammar())
                .contains(new Grammar.Lazy(
                        "root ::= [a-z]",
                        List.of(
                                new Grammar.Trigger.Token(5),
                                new Grammar.Trigger.Word("w"),
                                new Grammar.Trigger.Pattern("p+"),
                                new Grammar.Trigger.FullPattern("f+"))));
    }

    @Test
    void grammarsOfOtherShapesAreRefused() throws InterruptedException {
        refused("/completion", ", \"grammar\": {}", "grammar");
        refused("/completion", ", \"grammar\": \"  \"", "grammar");
        refused("/completion", ", \"json_schema\": \"x\"", "json_schema");
        refused("/completion", ", \"grammar\": \"root ::= [a]\", \"grammar_lazy\": true", "grammar_triggers");
        refused(
                "/completion",
                ", \"grammar\": \"root ::= [a]\", \"grammar_lazy\": true, \"grammar_triggers\": [{\"type\": 4}]",
                "grammar_triggers[0].type");
        refused(
                "/completion",
                ", \"grammar\": \"root ::= [a]\", \"grammar_lazy\": true, \"grammar_triggers\": [{\"type\": 0}]",
                "grammar_triggers[0].token");
    }

    static Stream<Arguments> numbers() {
        return Stream.of(
                number("temperature", -100, 100),
                number("dynatemp_range", 0, 100),
                number("dynatemp_exponent", 0, 100),
                number("top_p", 0, 1),
                number("min_p", 0, 1),
                number("tfs_z", 0, 1),
                number("typical_p", 0, 1),
                number("top_n_sigma", -1, 100),
                number("xtc_probability", 0, 1),
                number("xtc_threshold", 0, 1),
                number("repeat_penalty", 0.01, 100),
                number("frequency_penalty", -100, 100),
                number("presence_penalty", -100, 100),
                number("dry_multiplier", 0, 100),
                number("dry_base", 0, 100),
                number("mirostat_tau", 0, 100),
                number("mirostat_eta", 0, 1),
                number("adaptive_target", -1, 1),
                number("adaptive_decay", 0, 0.99),
                whole("top_k", -1),
                whole("repeat_last_n", -1),
                whole("dry_allowed_length", 0),
                whole("dry_penalty_last_n", -1),
                whole("min_keep", 0),
                whole("n_predict", -1),
                whole("max_tokens", -1),
                whole("max_completion_tokens", -1),
                whole("n_indent", 0),
                whole("n_keep", -1),
                whole("n_discard", 0),
                whole("t_max_predict_ms", -1),
                whole("id_slot", -1),
                whole("slot_id", -1),
                whole("sse_ping_interval", -1),
                Arguments.of("mirostat", "-1", "3"),
                Arguments.of("n_probs", "-1", "1001"),
                Arguments.of("n_cmpl", "0", "129"),
                Arguments.of("n", "0", "129"),
                Arguments.of("seed", "-2", "4294967296"));
    }

    private static Arguments number(String name, double min, double max) {
        return Arguments.of(name, Double.toString(min - 1), Double.toString(max + 1));
    }

    private static Arguments whole(String name, int min) {
        return Arguments.of(name, Integer.toString(min - 1), "2147483648");
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void everyNumberHasItsRange(String name, String below, String above) throws InterruptedException {
        for (String value : List.of(below, above, "1e999", "-1e999", "\"NaN\"", "\"1\"", "true", "[1]", "{}")) {
            refused("/completion", ", \"" + name + "\": " + value, name);
            refused("/v1/chat/completions", ", \"" + name + "\": " + value, name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "-Infinity", "+1", "0x1", "1.", ".5"})
    void whatIsNoNumberInJsonIsNoJson(String value) throws InterruptedException {
        TestClient.Answer answer =
                running.client().post("/completion", "{\"prompt\": \"x\", \"temperature\": " + value + "}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains("not valid JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stream",
                "return_tokens",
                "return_progress",
                "timings_per_token",
                "cache_prompt",
                "ignore_eos",
                "penalize_nl",
                "post_sampling_probs"
            })
    void everyFlagIsTrueOrFalse(String name) throws InterruptedException {
        for (String value : List.of("1", "\"true\"", "[]")) {
            refused("/completion", ", \"" + name + "\": " + value, name);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stop | 5",
                "stop | [5]",
                "samplers | 5",
                "samplers | [\"nonsense\"]",
                "samplers | \"?\"",
                "response_fields | 5",
                "dry_sequence_breakers | []",
                "dry_sequence_breakers | \"x\"",
                "grammar | 5"
            })
    void otherTypesAreRefused(String name, String value) throws InterruptedException {
        refused("/completion", ", \"" + name + "\": " + value, name);
    }

    @Test
    void aSlotThatIsNotThereIsRefused() throws InterruptedException {
        refused("/completion", ", \"id_slot\": 4", "id_slot");
        refused("/completion", ", \"id_slot\": 257", "id_slot");
    }

    @Test
    void tooManyStopStringsAreRefused() throws InterruptedException {
        refused("/completion", ", \"stop\": [" + "\"a\",".repeat(256) + "\"a\"]", "stop");
    }

    @Test
    void imagesAreRefusedWhereTheyHaveNoPlace() throws InterruptedException {
        refused("/completion", ", \"multimodal_data\": [\"iVBORw0KGgo=\"]", "multimodal_data");
    }
}
