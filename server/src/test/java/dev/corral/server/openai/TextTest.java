package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Search;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /v1/completions}: its fields, its shapes and its errors. */
class TextTest {

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/v1/completions", body);
        }
    }

    private static Generate asked(String fields) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient.Answer answer = answer(engine, "{\"prompt\": \"Hi\"" + fields + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return engine.next().request();
    }

    private static FakeEngine echoing(String... pieces) {
        return new FakeEngine(
                generation -> generation.start().prompt("Hi").say(pieces).finish(FinishReason.LIMIT, Optional.empty()));
    }

    @Test
    void answersAtOnce() throws Exception {
        JsonNode answer = answer(FakeEngine.saying("Hello", " you"), "{\"prompt\": \"Hi\"}")
                .json();
        assertThat(answer.path("id").textValue()).matches("cmpl-[0-9a-f]{32}");
        assertThat(answer.path("object").textValue()).isEqualTo("text_completion");
        assertThat(answer.path("choices").toString())
                .isEqualTo("[{\"index\":0,\"text\":\"Hello you\",\"logprobs\":null,\"finish_reason\":\"stop\"}]");
        assertThat(answer.at("/usage/total_tokens").intValue()).isEqualTo(9);
    }

    @Test
    void fieldsReachTheEngine() throws Exception {
        assertThat(asked("").limits().maxTokens()).isEqualTo(16);
        assertThat(asked(", \"max_tokens\": 0").limits().maxTokens()).isZero();
        assertThat(asked("").logprobs()).isEqualTo(Logprobs.NONE);
        assertThat(asked(", \"logprobs\": 0").logprobs()).isEqualTo(new Logprobs(1, false, false));
        assertThat(asked(", \"logprobs\": 5, \"echo\": true").logprobs()).isEqualTo(new Logprobs(5, false, true));
        assertThat(asked(", \"n\": 2, \"best_of\": 4").search()).isEqualTo(new Search.BestOf(4));
        assertThat(asked(", \"n\": 2, \"best_of\": 2").search()).isEqualTo(Search.EACH);
        assertThat(asked(", \"num_beams\": 3, \"length_penalty\": 0.5, \"early_stopping\": \"never\"")
                        .search())
                .isEqualTo(new Search.Beams(3, 0.5, Search.EarlyStopping.NEVER, false));
    }

    @Test
    void promptsComeInEveryShape() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient client = running.client();
            client.post("/v1/completions", "{\"prompt\": [5, 6]}");
            assertThat(engine.next().request().prompt()).isEqualTo(Prompt.tokens(5, 6));
            JsonNode answer = client.post("/v1/completions", "{\"prompt\": [[5], \"Hi\"], \"n\": 2}")
                    .json();
            List<Prompt> prompts = List.of(
                    engine.next().request().prompt(), engine.next().request().prompt());
            assertThat(prompts).containsExactlyInAnyOrder(Prompt.tokens(5), Prompt.text("Hi"));
            assertThat(answer.path("choices").findValuesAsText("index")).containsExactly("0", "1", "2", "3");
            assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(14);
        }
    }

    @Test
    void theEchoHasThePromptAndItsLogprobs() throws Exception {
        JsonNode choice = answer(
                        echoing("!"), "{\"prompt\": \"Hi\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 1}")
                .json()
                .at("/choices/0");
        assertThat(choice.path("text").textValue()).isEqualTo("Hi!");
        JsonNode logprobs = choice.path("logprobs");
        assertThat(logprobs.path("tokens").toString()).isEqualTo("[\"H\",\"i\",\"!\"]");
        assertThat(logprobs.path("token_logprobs").toString()).isEqualTo("[null,-2.0,-0.5]");
        assertThat(logprobs.path("top_logprobs").toString()).isEqualTo("[null,{\"z\":-0.25,\"i\":-2.0},{\"!\":-0.5}]");
        assertThat(logprobs.path("text_offset").toString()).isEqualTo("[0,1,2]");
        assertThat(logprobs.path("content")).hasSize(2);
        assertThat(choice.path("finish_reason").textValue()).isEqualTo("length");
    }

    @Test
    void withoutEchoOffsetsBeginAfterThePrompt() throws Exception {
        JsonNode logprobs = answer(FakeEngine.saying("a", "b"), "{\"prompt\": \"Hié\", \"logprobs\": 0}")
                .json()
                .at("/choices/0/logprobs");
        assertThat(logprobs.path("text_offset").toString()).isEqualTo("[3,4]");
        assertThat(logprobs.path("top_logprobs").toString()).isEqualTo("[{\"a\":-0.5},{\"b\":-0.5}]");
    }

    @Test
    void streams() throws Exception {
        TestClient.Answer answer = answer(
                echoing("a", "b"),
                "{\"prompt\": \"Hi\", \"echo\": true, \"logprobs\": 1, \"stream\": true,"
                        + " \"stream_options\": {\"include_usage\": true}}");
        assertThat(answer.text()).endsWith("\n\ndata: [DONE]\n\n");
        List<JsonNode> events = answer.events();
        assertThat(events.stream().map(event -> event.at("/choices/0/text").asText()))
                .containsExactly("Hia", "b", "", "");
        assertThat(events.get(0).at("/choices/0/logprobs/text_offset").toString())
                .isEqualTo("[0,1,2]");
        assertThat(events.get(1).at("/choices/0/logprobs/text_offset").toString())
                .isEqualTo("[3]");
        assertThat(events.get(2).at("/choices/0/finish_reason").textValue()).isEqualTo("length");
        assertThat(events.get(3).path("choices")).isEmpty();
        assertThat(events.get(3).at("/usage/prompt_tokens").intValue()).isEqualTo(7);
    }

    @Test
    void aGapBeforeASuffixIsFilled() throws Exception {
        FakeEngine engine = FakeEngine.saying("middle");
        TestClient.Answer answer = answer(
                engine, "{\"prompt\": [\"ab\", \"cd\"], \"suffix\": \"yz\", \"max_tokens\": 4, \"logprobs\": 1}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().at("/choices/1/text").textValue()).isEqualTo("middle");
        assertThat(answer.json().at("/choices/1/logprobs/text_offset/0").intValue())
                .as("behind the prompt as the client sent it")
                .isEqualTo(2);
        assertThat(List.of(letters(engine), letters(engine)))
                .containsExactlyInAnyOrder("@myproject\n#filename\n$<ab>yz^", "@myproject\n#filename\n$<cd>yz^");
    }

    private static String letters(FakeEngine engine) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        ((Prompt.Ids) engine.next().request().prompt()).tokens().stream().forEach(token -> text.append((char) token));
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | prompt | 400",
                "{\"prompt\": []} | prompt | 400",
                "{\"prompt\": {\"a\": 1}} | prompt | 400",
                "{\"prompt\": [\"a\", 5]} | prompt[1] | 400",
                "{\"prompt\": [5, \"a\"]} | prompt[1] | 400",
                "{\"prompt\": \"a\", \"logprobs\": -1} | logprobs | 400",
                "{\"prompt\": \"a\", \"logprobs\": true} | logprobs | 400",
                "{\"prompt\": \"a\", \"echo\": 1} | echo | 400",
                "{\"prompt\": \"a\", \"n\": 3, \"best_of\": 2} | best_of | 400",
                "{\"prompt\": \"a\", \"best_of\": 2, \"stream\": true} | best_of | 400",
                "{\"prompt\": \"a\", \"best_of\": 500} | best_of | 400",
                "{\"prompt\": \"a\", \"n\": 3, \"num_beams\": 2} | num_beams | 400",
                "{\"prompt\": \"a\", \"num_beams\": 2, \"early_stopping\": \"soon\"} | early_stopping | 400",
                "{\"prompt\": \"a\", \"suffix\": 5} | suffix | 400",
                "{\"prompt\": \"a\", \"suffix\": \"b\", \"echo\": true} | echo | 400",
            })
    void whatCantBeIsRefused(String body, String field, int status) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("message").textValue()).startsWith("'" + field + "'");
    }
}
