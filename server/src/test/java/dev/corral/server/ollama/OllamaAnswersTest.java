package dev.corral.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/chat} and {@code /api/generate}. */
class OllamaAnswersTest {

    private static final String CHAT =
            "{\"model\": \"fake\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";
    private static final String PROMPT = "{\"model\": \"fake\", \"prompt\": \"Hi\"";
    private static final String WHOLE = ", \"stream\": false}";

    private static TestClient.Answer answer(FakeEngine engine, String path, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post(path, body);
        }
    }

    private static Generate asked(String path, String body) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient.Answer answer = answer(engine, path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return engine.next().request();
    }

    private static List<JsonNode> lines(TestClient.Answer answer) {
        return answer.text().lines().map(TestClient::json).toList();
    }

    private static String letters(Generate request) {
        StringBuilder text = new StringBuilder();
        ((Prompt.Ids) request.prompt()).tokens().stream().forEach(token -> text.append((char) token));
        return text.toString();
    }

    @Test
    void aChatIsStreamedUnlessToldOtherwise() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello", " you"), "/api/chat", CHAT + "}");
        assertThat(answer.header("Content-Type")).contains("application/x-ndjson");
        List<JsonNode> lines = lines(answer);
        assertThat(lines).hasSize(3).allSatisfy(line -> {
            assertThat(line.path("model").textValue()).isEqualTo("fake");
            assertThat(Instant.parse(line.path("created_at").textValue())).isBefore(Instant.now());
        });
        assertThat(lines.get(0).path("message").toString()).isEqualTo("{\"role\":\"assistant\",\"content\":\"Hello\"}");
        assertThat(lines.get(1).path("done").booleanValue()).isFalse();
        JsonNode last = lines.get(2);
        assertThat(last.path("message").toString()).isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
        assertThat(last.path("done").booleanValue()).isTrue();
        assertThat(last.path("done_reason").textValue()).isEqualTo("stop");
        assertThat(last.path("total_duration").longValue()).isPositive();
        assertThat(last.path("prompt_eval_count").intValue()).isEqualTo(7);
        assertThat(last.path("prompt_eval_duration").longValue()).isEqualTo(8_000_000);
        assertThat(last.path("eval_count").intValue()).isEqualTo(2);
        assertThat(last.path("eval_duration").longValue()).isEqualTo(4_000_000);
        assertThat(last.has("context")).isFalse();
    }

    @Test
    void aChatAtOnce() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello", " you"), "/api/chat", CHAT + WHOLE);
        assertThat(answer.header("Content-Type").orElseThrow()).startsWith("application/json");
        assertThat(answer.json().at("/message/content").textValue()).isEqualTo("Hello you");
        assertThat(answer.json().path("done").booleanValue()).isTrue();
    }

    @Test
    void aPromptHasAResponse() throws Exception {
        List<JsonNode> lines = lines(answer(FakeEngine.saying("Hello", " you"), "/api/generate", PROMPT + "}"));
        assertThat(lines.stream().map(line -> line.path("response").textValue()))
                .containsExactly("Hello", " you", "");
        assertThat(answer(FakeEngine.saying("Hello", " you"), "/api/generate", PROMPT + WHOLE)
                        .json()
                        .path("response")
                        .textValue())
                .isEqualTo("Hello you");
    }

    @ParameterizedTest
    @CsvSource({"END_OF_TEXT, stop", "STOP_STRING, stop", "LIMIT, length", "CONTEXT_FULL, length"})
    void saysWhyItEnded(FinishReason reason, String expected) throws Exception {
        FakeEngine.Script script = generation -> generation.start().say("a").finish(reason, Optional.empty());
        assertThat(answer(new FakeEngine(script), "/api/chat", CHAT + WHOLE)
                        .json()
                        .path("done_reason")
                        .textValue())
                .isEqualTo(expected);
    }

    @Test
    void optionsAreLlamaCppsButForTwoNames() throws Exception {
        Generate request = asked(
                "/api/chat",
                CHAT + ", \"options\": {\"num_predict\": 5, \"temperature\": 0.5, \"top_k\": 7, \"top_p\": 0.25,"
                        + " \"repeat_last_n\": 3, \"seed\": 11, \"stop\": [\"x\"], \"num_ctx\": 4096, \"num_gpu\": 1,"
                        + " \"mirostat\": 1}}");
        assertThat(request.limits().maxTokens()).isEqualTo(5);
        assertThat(request.sampling().temperature()).isEqualTo(0.5);
        assertThat(request.sampling().topK()).isEqualTo(7);
        assertThat(request.sampling().topP()).isEqualTo(0.25);
        assertThat(request.sampling().penalties().lastN()).isEqualTo(3);
        assertThat(request.sampling().seed()).isEqualTo(11);
        assertThat(request.sampling().mirostat().version()).isEqualTo(1);
        assertThat(request.stop()).containsExactly("x", "<end>");
        assertThat(asked("/api/chat", CHAT + ", \"options\": {\"num_predict\": -2}}")
                        .limits()
                        .maxTokens())
                .isEqualTo(Limits.UNLIMITED);
    }

    @Test
    void formatsAreGrammars() throws Exception {
        assertThat(asked("/api/chat", CHAT + ", \"format\": \"json\"}").grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"object\"}"));
        assertThat(asked("/api/generate", PROMPT + ", \"format\": {\"type\": \"number\"}}")
                        .grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"number\"}"));
        assertThat(asked("/api/chat", CHAT + ", \"format\": \"\"}").grammar()).isEmpty();
    }

    @Test
    void theTemplateGetsTheConversation() throws Exception {
        Generate request = asked(
                "/api/chat",
                "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\":"
                        + " \"Hi\"}, {\"role\": \"user\", \"content\": \"there\"}, {\"role\": \"assistant\","
                        + " \"content\": \"Ho\", \"thinking\": \"Hm.\"}]}");
        assertThat(request.prompt())
                .as("and the assistant's last is continued")
                .isEqualTo(Prompt.text("[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                        + "{\"role\":\"user\",\"content\":\"Hi\\n\\nthere\"},"
                        + "{\"role\":\"assistant\",\"content\":\"Ho\",\"reasoning_content\":\"Hm.\"}]"));
    }

    @Test
    void aPromptIsAMessageUnlessItIsRaw() throws Exception {
        assertThat(letters(asked("/api/generate", PROMPT + ", \"system\": \"Be brief.\"}")))
                .isEqualTo("[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                        + "{\"role\":\"user\",\"content\":\"Hi\"}]\n>");
        assertThat(asked("/api/generate", PROMPT + ", \"raw\": true}").prompt()).isEqualTo(Prompt.text("Hi"));
    }

    /** What comes back as the context is all that was read and said, and the end of the turn. */
    @Test
    void aContextIsContinued() throws Exception {
        FakeEngine engine = FakeEngine.saying("H", "o");
        String question = "[{\"role\":\"user\",\"content\":\"Hi\"}]\n>";
        JsonNode context =
                lines(answer(engine, "/api/generate", PROMPT + "}")).getLast().path("context");
        StringBuilder told = new StringBuilder();
        context.forEach(token -> told.append((char) token.intValue()));
        assertThat(told.toString()).isEqualTo(question + "Ho</s>");
        assertThat(letters(asked("/api/generate", PROMPT + ", \"context\": " + context + "}")))
                .isEqualTo(told + question);
        assertThat(answer(FakeEngine.saying("a"), "/api/generate", PROMPT + ", \"raw\": true" + WHOLE)
                        .json()
                        .has("context"))
                .isFalse();
    }

    @Test
    void logprobsAreShownAsManyAsAsked() throws Exception {
        String body = CHAT + ", \"logprobs\": true, \"top_logprobs\": 1";
        JsonNode first =
                lines(answer(FakeEngine.saying("a"), "/api/chat", body + "}")).getFirst();
        assertThat(first.path("logprobs").toString())
                .isEqualTo("[{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5,"
                        + "\"top_logprobs\":[{\"id\":97,\"token\":\"a\",\"bytes\":[97],\"logprob\":-0.5}]}]");
        assertThat(answer(FakeEngine.saying("a"), "/api/chat", body + WHOLE)
                        .json()
                        .at("/logprobs/0/token")
                        .textValue())
                .isEqualTo("a");
        assertThat(asked("/api/chat", CHAT + "}").logprobs()).isEqualTo(Logprobs.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\": \"fake\"}", "{\"model\": \"fake\", \"keep_alive\": 0}"})
    void whoAsksNothingLearnsThatTheModelIsLoaded(String body) throws Exception {
        JsonNode chat = answer(FakeEngine.saying("a"), "/api/chat", body).json();
        assertThat(chat.at("/message/content").textValue()).isEmpty();
        assertThat(chat.path("done_reason").textValue()).isEqualTo("load");
        JsonNode generate =
                answer(FakeEngine.saying("a"), "/api/generate", body).json();
        assertThat(generate.path("response").textValue()).isEmpty();
        assertThat(generate.path("done").booleanValue()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/chat | , \"options\": {\"temperature\": 1000}} | options.temperature",
                "/api/chat | , \"options\": {\"n\": 2}} | options.n",
                "/api/chat | , \"options\": []} | options",
                "/api/chat | , \"format\": \"yaml\"} | format",
                "/api/chat | , \"think\": 5} | think",
                "/api/chat | , \"keep_alive\": \"soon\"} | keep_alive",
                "/api/chat | , \"top_logprobs\": 3} | top_logprobs",
                "/api/chat | , \"stream\": 1} | stream",
                "/api/chat | , \"tools\": [{\"type\": \"function\"}]} | tools[0].function",
                "/api/generate | , \"images\": [\"AAAA\"]} | images[0]",
                "/api/generate | , \"images\": 5} | images",
                "/api/generate | , \"suffix\": \"end\", \"system\": \"x\"} | system",
                "/api/generate | , \"suffix\": \"end\", \"context\": [1]} | context",
                "/api/generate | , \"suffix\": \"end\", \"raw\": true} | suffix",
                "/api/generate | , \"template\": \"{{ .Prompt }}\"} | template",
                "/api/generate | , \"raw\": true, \"system\": \"x\"} | system",
                "/api/generate | , \"raw\": true, \"context\": [1]} | context",
                "/api/generate | , \"context\": [\"x\"]} | context[0]",
            })
    void whatCannotBeIsNamed(String path, String fields, String name) throws Exception {
        String body = (path.equals("/api/chat") ? CHAT : PROMPT) + fields;
        TestClient.Answer answer = answer(FakeEngine.saying("a"), path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().properties()).hasSize(1);
        assertThat(answer.error().textValue()).contains("'" + name + "'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\": \"user\", \"content\": \"Hi\", \"images\": [\"AAAA\"]}",
                "{\"role\": \"assistant\", \"content\": \"Hi\", \"images\": [\"iVBORw0KGgo=\"]}",
                "{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": {}}}]}",
                "{\"role\": \"bishop\", \"content\": \"Hi\"}",
                "{\"content\": \"Hi\"}"
            })
    void messagesThatCannotBeReadAreRefused(String message) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), "/api/chat", "{\"messages\": [" + message + "]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().isTextual()).isTrue();
    }

    @Test
    void aGapIsFilled() throws Exception {
        Generate request = asked("/api/generate", PROMPT + ", \"suffix\": \"end\"" + WHOLE);
        assertThat(letters(request)).endsWith("$<Hi>end^");
    }

    @Test
    void aTagIsPartOfTheName() throws Exception {
        for (String name : List.of("fake", "fake:latest", "other-name:latest", "default")) {
            assertThat(answer(FakeEngine.saying("a"), "/api/chat", CHAT.replace("\"fake\"", "\"" + name + "\"") + WHOLE)
                            .json()
                            .path("model")
                            .textValue())
                    .as("the answer's name is the request's")
                    .isEqualTo(name);
        }
        TestClient.Answer answer =
                answer(FakeEngine.saying("a"), "/api/chat", CHAT.replace("\"fake\"", "\"llama3:8b\"") + "}");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().textValue()).contains("llama3:8b");
    }

    @Test
    void anErrorMidStreamIsALine() throws Exception {
        FakeEngine engine = new FakeEngine(
                generation -> generation.start().say("a").fail(new EngineError.Internal("the decoder failed")));
        List<JsonNode> lines = lines(answer(engine, "/api/chat", CHAT + "}"));
        assertThat(lines).hasSize(2);
        assertThat(lines.getLast().toString()).isEqualTo("{\"error\":\"the decoder failed\"}");
    }

    @Test
    void anErrorBeforeTheFirstLineHasItsStatus() throws Exception {
        TestClient.Answer answer =
                answer(FakeEngine.failing(new EngineError.ContextExceeded(5000, 1024)), "/api/generate", PROMPT + "}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().textValue()).contains("5000");
    }

    @Test
    void aSilenceIsFilledWithEmptyPieces() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        Defaults impatient = Defaults.standard().withBeat(Optional.of(Duration.ofMillis(5)));
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), impatient);
                var raw = running.raw()) {
            raw.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + (PROMPT.length() + 1)
                    + "\r\n\r\n" + PROMPT + "}");
            assertThat(raw.readTo("\"response\":\"\",\"done\":false}\n")).contains("200 OK");
        }
    }
}
