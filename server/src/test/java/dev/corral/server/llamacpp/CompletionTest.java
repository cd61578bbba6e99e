package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionTest {

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/completion", body);
        }
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void hasEveryFieldOfTodayAndOf2023() throws Exception {
        JsonNode result = answer(FakeEngine.saying("Hello", "\n", "you"), "{\"prompt\": \"x\", \"n_predict\": 9}")
                .json();
        assertThat(names(result))
                .containsExactly(
                        "index",
                        "content",
                        "tokens",
                        "id_slot",
                        "slot_id",
                        "stop",
                        "model",
                        "tokens_predicted",
                        "tokens_evaluated",
                        "generation_settings",
                        "prompt",
                        "has_new_line",
                        "truncated",
                        "stop_type",
                        "stopped_eos",
                        "stopped_limit",
                        "stopped_word",
                        "stopping_word",
                        "tokens_cached",
                        "timings");
        assertThat(result.path("content").textValue()).isEqualTo("Hello\nyou");
        assertThat(result.path("tokens")).isEmpty();
        assertThat(result.path("id_slot").intValue()).isEqualTo(2);
        assertThat(result.path("slot_id").intValue()).isEqualTo(2);
        assertThat(result.path("model").textValue()).isEqualTo("fake");
        assertThat(result.path("tokens_predicted").intValue()).isEqualTo(3);
        assertThat(result.path("tokens_evaluated").intValue()).isEqualTo(7);
        assertThat(result.path("tokens_cached").intValue())
                .as("all but the last, which is not decoded")
                .isEqualTo(9);
        assertThat(result.path("prompt").textValue()).isEqualTo("x");
        assertThat(result.path("has_new_line").booleanValue()).isTrue();
        assertThat(result.path("generation_settings").path("n_predict").intValue())
                .isEqualTo(9);
        assertThat(result.path("generation_settings").path("top_p").doubleValue())
                .isEqualTo(0.95);
        assertThat(result.path("timings").toString())
                .isEqualTo("{\"cache_n\":3,\"prompt_n\":4,\"prompt_ms\":8.0,\"prompt_per_token_ms\":2.0,"
                        + "\"prompt_per_second\":500.0,\"predicted_n\":3,\"predicted_ms\":4.0,"
                        + "\"predicted_per_token_ms\":2.0,\"predicted_per_second\":500.0}");
    }

    @ParameterizedTest
    @CsvSource({
        "END_OF_TEXT, eos, true, false, false",
        "LIMIT, limit, false, true, false",
        "CONTEXT_FULL, limit, false, true, false",
        "STOP_STRING, word, false, false, true"
    })
    void saysWhyItEnded(FinishReason reason, String type, boolean eos, boolean limit, boolean word) throws Exception {
        Optional<String> stoppingWord = word ? Optional.of("stop!") : Optional.empty();
        JsonNode result = answer(
                        new FakeEngine(generation -> generation.start().finish(reason, stoppingWord)),
                        "{\"prompt\": \"x\"}")
                .json();
        assertThat(result.path("stop_type").textValue()).isEqualTo(type);
        assertThat(result.path("stopped_eos").booleanValue()).isEqualTo(eos);
        assertThat(result.path("stopped_limit").booleanValue()).isEqualTo(limit);
        assertThat(result.path("stopped_word").booleanValue()).isEqualTo(word);
        assertThat(result.path("stopping_word").textValue()).isEqualTo(stoppingWord.orElse(""));
    }

    @Test
    void streamsDeltasAndThenTheResult() throws Exception {
        List<JsonNode> events = answer(FakeEngine.saying("a", "b"), "{\"prompt\": \"x\", \"stream\": true}")
                .events();
        assertThat(events).hasSize(3);
        assertThat(events.getFirst().toString())
                .isEqualTo(
                        "{\"index\":0,\"content\":\"a\",\"tokens\":[97],\"multimodal\":false,\"stop\":false,\"id_slot\":2,\"slot_id\":2,"
                                + "\"tokens_predicted\":1,\"tokens_evaluated\":7}");
        assertThat(events.get(1).path("tokens_predicted").intValue()).isEqualTo(2);
        JsonNode last = events.getLast();
        assertThat(last.path("stop").booleanValue()).isTrue();
        assertThat(last.path("content").textValue()).isEmpty();
        assertThat(last.path("tokens_predicted").intValue()).isEqualTo(2);
        assertThat(last.path("generation_settings").path("stream").booleanValue())
                .isTrue();
    }

    @Test
    void aStreamEndsWithoutAWord() throws Exception {
        assertThat(answer(FakeEngine.saying("a"), "{\"prompt\": \"x\", \"stream\": true}")
                        .text())
                .doesNotContain("[DONE]")
                .endsWith("}\n\n");
    }

    @Test
    void tokensAndProbabilitiesAreShownWhenAskedFor() throws Exception {
        String body = "{\"prompt\": \"x\", \"return_tokens\": true, \"n_probs\": 2}";
        JsonNode result = answer(FakeEngine.saying("a"), body).json();
        assertThat(result.path("tokens").toString()).isEqualTo("[97]");
        assertThat(result.path("completion_probabilities").toString())
                .isEqualTo("[{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5,\"top_logprobs\":["
                        + "{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5},"
                        + "{\"id\":1,\"token\":\"\uFFFD\",\"bytes\":[228,184],\"logprob\":-3.4028234663852886E38}],"
                        + "\"content\":\"a\",\"probs\":[{\"tok_str\":\"a\",\"prob\":" + Math.exp(-0.5)
                        + "},{\"tok_str\":\"\uFFFD\",\"prob\":0.0}]}]");
    }

    @Test
    void probabilitiesAfterSamplingAreNoLogarithms() throws Exception {
        String body = "{\"prompt\": \"x\", \"n_probs\": 2, \"post_sampling_probs\": true, \"stream\": true}";
        JsonNode first = answer(FakeEngine.saying("a"), body).events().getFirst();
        JsonNode token = first.path("completion_probabilities").path(0);
        assertThat(token.path("prob").doubleValue()).isEqualTo(Math.exp(-0.5));
        assertThat(token.path("top_probs").path(1).path("prob").doubleValue()).isZero();
    }

    @Test
    void onlyTheFieldsAskedForAreShown() throws Exception {
        JsonNode result = answer(
                        FakeEngine.saying("a"),
                        "{\"prompt\": \"x\", \"response_fields\": [\"content\", \"generation_settings/n_predict\","
                                + " \"timings/prompt_n\", \"nothing\", \"content/deeper\"]}")
                .json();
        assertThat(result.toString())
                .isEqualTo("{\"content\":\"a\",\"generation_settings/n_predict\":-1,\"timings/prompt_n\":4}");
    }

    @Test
    void timingsComeWithEachTokenWhenAskedFor() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("a", "b"),
                        "{\"prompt\": \"x\", \"stream\": true, \"timings_per_token\": true}")
                .events();
        assertThat(events.get(0).path("timings").path("predicted_n").intValue()).isEqualTo(1);
        assertThat(events.get(1).path("timings").path("predicted_n").intValue()).isEqualTo(2);
        assertThat(events.get(1).path("timings").path("cache_n").intValue()).isEqualTo(3);
        assertThat(events.get(1).path("timings").path("prompt_n").intValue()).isEqualTo(4);
    }

    @Test
    void progressIsShownWhenItComes() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> generation
                .start()
                .send(new Event.Progress(7, 3, 5, 2_000_000))
                .say("a")
                .finish());
        List<JsonNode> events = answer(engine, "{\"prompt\": \"x\", \"stream\": true, \"return_progress\": true}")
                .events();
        assertThat(events.getFirst().path("prompt_progress").toString())
                .as("before anything is computed")
                .isEqualTo("{\"total\":7,\"cache\":3,\"processed\":3,\"time_ms\":0}");
        assertThat(events.get(1).path("prompt_progress").toString())
                .isEqualTo("{\"total\":7,\"cache\":3,\"processed\":5,\"time_ms\":2}");
        assertThat(events.getFirst().path("stop").booleanValue()).isFalse();
    }

    @Test
    void severalPromptsAreAnsweredInOrder() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> generation
                .start()
                .say(((Prompt.Text) generation.request().prompt()).text() + "!")
                .finish());
        JsonNode results = answer(engine, "{\"prompt\": [\"a\", \"b\", \"c\"], \"n_cmpl\": 2}")
                .json();
        assertThat(results).hasSize(6);
        List<String> seen = new ArrayList<>();
        results.forEach(result -> seen.add(result.path("index").intValue()
                + result.path("prompt").textValue()
                + result.path("content").textValue()));
        assertThat(seen).containsExactly("0aa!", "1aa!", "2bb!", "3bb!", "4cc!", "5cc!");
    }

    @Test
    void severalPromptsStreamSideBySide() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("a", "b"), "{\"prompt\": [\"x\", \"y\"], \"n_cmpl\": 2, \"stream\": true}")
                .events();
        assertThat(events).hasSize(12);
        for (int index = 0; index < 4; index++) {
            StringBuilder text = new StringBuilder();
            for (JsonNode event : events) {
                if (event.path("index").intValue() == index) {
                    text.append(
                            event.path("stop").booleanValue()
                                    ? "."
                                    : event.path("content").textValue());
                }
            }
            assertThat(text.toString()).isEqualTo("ab.");
        }
    }

    @Test
    void onePromptInAnArrayIsOneResult() throws Exception {
        assertThat(answer(FakeEngine.saying("a"), "{\"prompt\": [\"x\"]}")
                        .json()
                        .isObject())
                .isTrue();
    }

    private static List<Prompt> prompts(String json) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient.Answer answer = running.client().post("/completion", "{\"prompt\": " + json + "}");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            List<Prompt> prompts = new ArrayList<>();
            for (int i = 0;
                    i < Math.max(1, answer.json().isArray() ? answer.json().size() : 1);
                    i++) {
                Generate request = engine.next().request();
                prompts.add(request.prompt());
            }
            return prompts;
        }
    }

    @Test
    void promptsHaveManyShapes() throws Exception {
        assertThat(prompts("\"x\"")).containsExactly(Prompt.text("x"));
        assertThat(prompts("\"\"")).containsExactly(Prompt.text(""));
        assertThat(prompts("[1, 2]")).containsExactly(Prompt.tokens(1, 2));
        assertThat(prompts("[1, 2, \"x\", \"y\", 3]"))
                .containsExactly(new Prompt.Parts(List.of(
                        new Prompt.Ids(Tokens.of(1, 2)),
                        new Prompt.Text("x", false, true),
                        new Prompt.Text("y", false, true),
                        new Prompt.Ids(Tokens.of(3)))));
        assertThat(prompts("[\"x\", 3]"))
                .containsExactly(
                        new Prompt.Parts(List.of(new Prompt.Text("x", true, true), new Prompt.Ids(Tokens.of(3)))));
        assertThat(prompts("{\"prompt_string\": \"x\"}")).containsExactly(Prompt.text("x"));
        assertThat(prompts("[\"x\", [1, 2], {\"prompt_string\": \"y\"}]"))
                .containsExactlyInAnyOrder(Prompt.text("x"), Prompt.tokens(1, 2), Prompt.text("y"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5",
                "true",
                "[]",
                "[1.5]",
                "[1, null]",
                "[null]",
                "[{\"x\": 1}]",
                "{}",
                "[1, [2]]",
                "[2147483648]",
                "[1e999]",
                "[99999999999999999999]"
            })
    void otherPromptsAreRefused(String json) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), "{\"prompt\": " + json + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains("'prompt");
    }

    @Test
    void aPromptIsRequired() throws Exception {
        assertThat(answer(FakeEngine.saying("a"), "{}").error().path("message").textValue())
                .isEqualTo("'prompt' is required, but is absent");
    }

    @Test
    void tokenPromptsAreShownAsText() throws Exception {
        assertThat(answer(FakeEngine.saying("a"), "{\"prompt\": [72, \"e\", 121]}")
                        .json()
                        .path("prompt")
                        .textValue())
                .isEqualTo("Hey");
    }
}
