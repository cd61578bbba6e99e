package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTest {

    private static final String USER = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/v1/chat/completions", body);
        }
    }

    private static Generate asked(String fields) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient.Answer answer = answer(engine, USER + fields + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return engine.next().request();
    }

    private static void refused(String body, int status, String param, String message) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("param").asText()).isEqualTo(param);
        assertThat(answer.error().path("message").textValue()).contains(message);
    }

    @Test
    void answersAtOnce() throws Exception {
        JsonNode answer = answer(FakeEngine.saying("Hello", " you"), USER + "}").json();
        assertThat(answer.path("id").textValue()).matches("chatcmpl-[A-Za-z0-9]{32}");
        assertThat(answer.path("object").textValue()).isEqualTo("chat.completion");
        assertThat(answer.path("created").longValue()).isPositive();
        assertThat(answer.path("model").textValue()).isEqualTo("fake");
        assertThat(answer.path("choices").toString())
                .isEqualTo("[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello you\"},"
                        + "\"logprobs\":null,\"finish_reason\":\"stop\"}]");
        assertThat(answer.path("usage").toString())
                .isEqualTo("{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":3}}");
        assertThat(answer.path("timings").path("predicted_n").intValue()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"END_OF_TEXT, stop", "STOP_STRING, stop", "LIMIT, length", "CONTEXT_FULL, length"})
    void saysWhyItEnded(FinishReason reason, String expected) throws Exception {
        FakeEngine.Script script = generation -> generation.start().say("a").finish(reason, Optional.empty());
        assertThat(answer(new FakeEngine(script), USER + "}")
                        .json()
                        .at("/choices/0/finish_reason")
                        .textValue())
                .isEqualTo(expected);
        assertThat(answer(new FakeEngine(script), USER + ", \"stream\": true}")
                        .events()
                        .getLast()
                        .at("/choices/0/finish_reason")
                        .textValue())
                .isEqualTo(expected);
    }

    @Test
    void streams() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello", " you"), USER + ", \"stream\": true}");
        assertThat(answer.header("Content-Type")).contains("text/event-stream");
        assertThat(answer.text()).endsWith("\n\ndata: [DONE]\n\n");
        List<JsonNode> events = answer.events();
        assertThat(events).hasSize(4);
        assertThat(events.stream().map(event -> event.path("id").textValue()).distinct())
                .hasSize(1);
        assertThat(events).allSatisfy(event -> {
            assertThat(event.path("object").textValue()).isEqualTo("chat.completion.chunk");
            assertThat(event.path("model").textValue()).isEqualTo("fake");
            assertThat(event.path("choices")).hasSize(1);
            assertThat(event.has("usage")).isFalse();
        });
        assertThat(events.get(0).path("choices").toString())
                .isEqualTo(
                        "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]");
        assertThat(events.get(1).path("choices").toString())
                .isEqualTo("[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]");
        assertThat(events.get(3).path("choices").toString())
                .isEqualTo("[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]");
        assertThat(events.get(3).path("timings").path("predicted_n").intValue()).isEqualTo(2);
    }

    @Test
    void aStreamEndsWithItsUsageWhenAsked() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("Hello"),
                        USER + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}")
                .events();
        JsonNode last = events.getLast();
        assertThat(last.path("choices")).isEmpty();
        assertThat(last.path("choices").isArray()).isTrue();
        assertThat(last.path("usage").path("total_tokens").intValue()).isEqualTo(8);
        assertThat(events.subList(0, events.size() - 1))
                .allSatisfy(event -> assertThat(event.path("usage").isNull()).isTrue());
    }

    @Test
    void severalChoicesAreToldApart() throws Exception {
        JsonNode whole =
                answer(FakeEngine.saying("a", "b"), USER + ", \"n\": 3}").json();
        assertThat(whole.path("choices")).hasSize(3);
        assertThat(whole.at("/choices/2/index").intValue()).isEqualTo(2);
        assertThat(whole.at("/usage/completion_tokens").intValue())
                .as("of all choices")
                .isEqualTo(6);
        List<JsonNode> events = answer(FakeEngine.saying("a", "b"), USER + ", \"n\": 3, \"stream\": true}")
                .events();
        for (int index = 0; index < 3; index++) {
            StringBuilder seen = new StringBuilder();
            for (JsonNode event : events) {
                JsonNode choice = event.at("/choices/0");
                if (choice.path("index").intValue() == index) {
                    seen.append(choice.at("/delta/role").asText(""))
                            .append(choice.at("/delta/content").asText(""))
                            .append(choice.path("finish_reason").isNull() ? "" : ".");
                }
            }
            assertThat(seen.toString()).isEqualTo("assistantab.");
        }
    }

    @Test
    void logprobsAreShownAsManyAsAsked() throws Exception {
        JsonNode none =
                answer(FakeEngine.saying("a"), USER + ", \"logprobs\": true}").json();
        assertThat(none.at("/choices/0/logprobs/content/0/logprob").doubleValue())
                .isEqualTo(-0.5);
        assertThat(none.at("/choices/0/logprobs/content/0/top_logprobs")).isEmpty();
        JsonNode one = answer(
                        FakeEngine.saying("a"), USER + ", \"logprobs\": true, \"top_logprobs\": 1, \"stream\": true}")
                .events()
                .get(1);
        assertThat(one.at("/choices/0/logprobs/content").toString())
                .isEqualTo("[{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5,"
                        + "\"top_logprobs\":[{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5}]}]");
        assertThat(asked(", \"logprobs\": true, \"top_logprobs\": 5").logprobs())
                .isEqualTo(Logprobs.top(5));
        assertThat(asked(", \"logprobs\": false").logprobs()).isEqualTo(Logprobs.NONE);
        assertThat(asked(", \"n_probs\": 4").logprobs()).isEqualTo(Logprobs.top(4));
    }

    @Test
    void theTemplateMakesThePrompt() throws Exception {
        Generate request = asked(", \"stop\": [\"x\"]");
        assertThat(request.prompt())
                .isEqualTo(new Prompt.Text("[{\"role\":\"user\",\"content\":\"Hi\"}]\n>", true, true));
        assertThat(request.stop()).as("its own, and the template's").containsExactly("x", "<end>");
    }

    @Test
    void llamaCppsOwnFieldsWorkHereToo() throws Exception {
        Generate request =
                asked(", \"min_p\": 0.2, \"mirostat\": 1, \"max_completion_tokens\": 5, \"cache_prompt\": false");
        assertThat(request.sampling().minP()).isEqualTo(0.2);
        assertThat(request.sampling().mirostat().version()).isEqualTo(1);
        assertThat(request.limits().maxTokens()).isEqualTo(5);
        assertThat(request.cache().reuse()).isFalse();
    }

    @Test
    void responseFormatsBecomeGrammars() throws Exception {
        assertThat(asked(", \"response_format\": {\"type\": \"text\"}").grammar())
                .isEmpty();
        assertThat(asked(", \"response_format\": {\"type\": \"json_object\"}").grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"object\"}"));
        assertThat(asked(", \"response_format\": {\"type\": \"json_object\", \"schema\": {\"type\": \"array\"}}")
                        .grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"array\"}"));
        assertThat(asked(", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\","
                                + " \"strict\": true, \"schema\": {\"type\": \"number\"}}}")
                        .grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"number\"}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"response_format\": 5 | response_format",
                "\"response_format\": {} | response_format.type",
                "\"response_format\": {\"type\": \"xml\"} | response_format.type",
                "\"response_format\": {\"type\": \"json_schema\"} | response_format.json_schema",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {}} | response_format.json_schema.schema",
                "\"response_format\": {\"type\": \"json_object\"}, \"grammar\": \"root ::= [a]\" | response_format",
                "\"logprobs\": 3 | logprobs",
                "\"top_logprobs\": 3 | top_logprobs",
                "\"top_logprobs\": 21, \"logprobs\": true | top_logprobs",
                "\"stream_options\": 5 | stream_options",
                "\"stream_options\": {\"include_usage\": 1} | stream_options.include_usage",
                "\"model\": 5 | model",
                "\"tool_choice\": \"required\" | tool_choice"
            })
    void wrongFieldsAreNamed(String fields, String param) throws Exception {
        refused(USER + ", " + fields + "}", 400, param, "'" + param + "'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | messages",
                "{\"messages\": \"Hi\"} | messages",
                "{\"messages\": []} | messages",
                "{\"messages\": [\"Hi\"]} | messages[0]",
                "{\"messages\": [{\"content\": \"Hi\"}]} | messages[0].role",
                "{\"messages\": [{\"role\": 5, \"content\": \"Hi\"}]} | messages[0].role",
                "{\"messages\": [{\"role\": \"user\"}]} | messages[0].content",
                "{\"messages\": [{\"role\": \"user\", \"content\": 5}]} | messages[0].content",
                "{\"messages\": [{\"role\": \"user\", \"content\": [\"x\"]}]} | messages[0].content[0]",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}]} | messages[0].content[0].text",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"x\"}]}]} | messages[0].content[0].type",
                "{\"messages\": [{\"role\": \"assistant\"}]} | messages[0].content"
            })
    void wrongMessagesAreNamed(String body, String param) throws Exception {
        refused(body, 400, param, "'" + param + "'");
    }

    @Test
    void contentMayComeInParts() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        answer(
                engine,
                "{\"messages\": [{\"role\": \"developer\", \"content\": \"Be nice\"}, {\"role\": \"user\", \"content\":"
                        + " [{\"type\": \"text\", \"text\": \"Hi\"}]}]}");
        assertThat(engine.next().request().prompt().toString())
                .contains("Be nice")
                .contains("Hi");
    }

    @Test
    void anAnswerThatWasBegunIsContinued() throws Exception {
        String begun = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"},"
                + " {\"role\": \"assistant\", \"content\": \"Hel\"}]";
        FakeEngine engine = FakeEngine.saying("lo");
        answer(engine, begun + "}");
        assertThat(((Prompt.Text) engine.next().request().prompt()).text()).doesNotEndWith("\n>");
        FakeEngine another = FakeEngine.saying("Hello");
        answer(another, begun + ", \"add_generation_prompt\": true}");
        assertThat(((Prompt.Text) another.next().request().prompt()).text()).endsWith("\n>");
        refused(
                begun + ", \"continue_final_message\": true, \"add_generation_prompt\": true}",
                400,
                "add_generation_prompt",
                "must be false");
        refused(
                "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"},"
                        + " {\"role\": \"assistant\", \"content\": \"b\"}]}",
                400,
                "messages",
                "two messages");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"video_url\", \"video_url\": {\"url\": \"x\"}}]}]"
            })
    void whatIsNotServedYetIsSaidSo(String field) throws Exception {
        String body = field.contains("messages") ? "{" + field + "}" : USER + ", " + field + "}";
        refused(body, 501, "null", "not supported yet");
    }

    @Test
    void toolsThatMayNotBeUsedAreNoProblem() throws Exception {
        asked(", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": \"none\"");
        asked(", \"tools\": [], \"tool_choice\": \"auto\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fake", "other-name", "fake-1b.Q8_0", "fake-1b.Q8_0.gguf", "default"})
    void theModelHasSeveralNames(String name) throws Exception {
        asked(", \"model\": \"" + name + "\"");
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            assertThat(running.client()
                            .get("/v1/models/" + name)
                            .json()
                            .path("id")
                            .textValue())
                    .isEqualTo("fake");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-4", "", "FAKE", "fake/other", "../fake"})
    void anUnknownModelIsSaidSo(String name) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), USER + ", \"model\": \"" + name + "\"}");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().path("code").textValue()).isEqualTo("model_not_found");
        assertThat(answer.error().path("param").textValue()).isEqualTo("model");
        assertThat(answer.error().path("message").textValue())
                .contains("'" + name + "'")
                .contains("'fake'");
    }

    @Test
    void modelsAreListed() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            JsonNode list = running.client().get("/v1/models").json();
            assertThat(list.path("object").textValue()).isEqualTo("list");
            JsonNode entry = list.at("/data/0");
            assertThat(entry.path("id").textValue()).isEqualTo("fake");
            assertThat(entry.path("object").textValue()).isEqualTo("model");
            assertThat(entry.path("created").longValue()).isPositive();
            assertThat(entry.at("/meta/n_ctx").intValue()).isEqualTo(1024);
            assertThat(list.at("/models/0/name").textValue()).isEqualTo("fake");
            TestClient.Answer unknown = running.client().get("/v1/models/org/other%2Fmodel");
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(unknown.error().path("message").textValue()).contains("'org/other/model'");
        }
    }
}
