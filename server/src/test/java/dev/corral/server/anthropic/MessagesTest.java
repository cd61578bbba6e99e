package dev.corral.server.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {

    private static final String USER = "{\"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";

    /** An event of a stream: its type, and its data. */
    private record Sent(String type, JsonNode data) {}

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/v1/messages", body);
        }
    }

    private static Generate asked(String body) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient.Answer answer = answer(engine, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return engine.next().request();
    }

    private static String prompt(String body) throws Exception {
        return ((Prompt.Text) asked(body).prompt()).text();
    }

    private static List<Sent> events(TestClient.Answer answer) {
        List<Sent> events = new ArrayList<>();
        for (String event : answer.text().split("\n\n")) {
            String[] lines = event.split("\n");
            assertThat(lines).as(event).hasSize(2);
            assertThat(lines[0]).startsWith("event: ");
            assertThat(lines[1]).startsWith("data: ");
            JsonNode data = TestClient.json(lines[1].substring("data: ".length()));
            String type = lines[0].substring("event: ".length());
            assertThat(data.path("type").textValue()).isEqualTo(type);
            events.add(new Sent(type, data));
        }
        return events;
    }

    @Test
    void answersAtOnce() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello", " you"), USER + "}");
        JsonNode message = answer.json();
        assertThat(message.path("id").textValue()).matches("msg_[A-Za-z0-9]{32}");
        assertThat(message.path("type").textValue()).isEqualTo("message");
        assertThat(message.path("role").textValue()).isEqualTo("assistant");
        assertThat(message.path("model").textValue()).isEqualTo("fake");
        assertThat(message.path("content").toString()).isEqualTo("[{\"type\":\"text\",\"text\":\"Hello you\"}]");
        assertThat(message.path("stop_reason").textValue()).isEqualTo("end_turn");
        assertThat(message.path("stop_sequence").isNull()).isTrue();
        assertThat(message.path("usage").toString())
                .as("of 7 tokens, 3 came from the cache")
                .isEqualTo("{\"input_tokens\":4,\"cache_creation_input_tokens\":0,"
                        + "\"cache_read_input_tokens\":3,\"output_tokens\":2}");
        assertThat(answer.header("Request-Id"))
                .isEqualTo(answer.header("X-Request-Id"))
                .isPresent();
    }

    @Test
    void anAnswerWithoutTextHasNoBlock() throws Exception {
        assertThat(answer(FakeEngine.saying(), USER + "}")
                        .json()
                        .path("content")
                        .toString())
                .isEqualTo("[]");
        assertThat(events(answer(FakeEngine.saying(), USER + ", \"stream\": true}")))
                .extracting(Sent::type)
                .containsExactly("message_start", "message_delta", "message_stop");
    }

    @Test
    void streams() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello", "", " you"), USER + ", \"stream\": true}");
        assertThat(answer.header("Content-Type")).contains("text/event-stream");
        List<Sent> events = events(answer);
        assertThat(events)
                .extracting(Sent::type)
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
        JsonNode begun = events.get(0).data().path("message");
        assertThat(begun.path("id").textValue()).startsWith("msg_");
        assertThat(begun.path("content").toString()).isEqualTo("[]");
        assertThat(begun.path("stop_reason").isNull()).isTrue();
        assertThat(begun.path("usage").toString())
                .isEqualTo("{\"input_tokens\":4,\"cache_creation_input_tokens\":0,"
                        + "\"cache_read_input_tokens\":3,\"output_tokens\":0}");
        assertThat(events.get(1).data().toString())
                .isEqualTo("{\"type\":\"content_block_start\",\"index\":0,"
                        + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
        assertThat(events.get(3).data().toString())
                .isEqualTo("{\"type\":\"content_block_delta\",\"index\":0,"
                        + "\"delta\":{\"type\":\"text_delta\",\"text\":\" you\"}}");
        assertThat(events.get(4).data().toString()).isEqualTo("{\"type\":\"content_block_stop\",\"index\":0}");
        JsonNode end = events.get(5).data();
        assertThat(end.path("delta").toString()).isEqualTo("{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}");
        assertThat(end.at("/usage/output_tokens").intValue()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "END_OF_TEXT, , end_turn, ",
        "STOP_STRING, stop!, stop_sequence, stop!",
        "STOP_STRING, <end>, end_turn, ",
        "LIMIT, , max_tokens, ",
        "CONTEXT_FULL, , model_context_window_exceeded, "
    })
    void saysWhyItEnded(FinishReason reason, String word, String stopReason, String sequence) throws Exception {
        FakeEngine.Script script = generation -> generation.start().say("a").finish(reason, Optional.ofNullable(word));
        String body = USER + ", \"stop_sequences\": [\"stop!\"]";
        JsonNode whole = answer(new FakeEngine(script), body + "}").json();
        JsonNode delta = events(answer(new FakeEngine(script), body + ", \"stream\": true}")).stream()
                .filter(event -> event.type().equals("message_delta"))
                .map(event -> event.data().path("delta"))
                .findFirst()
                .orElseThrow();
        for (JsonNode told : List.of(whole, delta)) {
            assertThat(told.path("stop_reason").textValue()).isEqualTo(stopReason);
            assertThat(told.path("stop_sequence").textValue()).isEqualTo(sequence);
        }
    }

    @Test
    void fieldsSayHowToAnswer() throws Exception {
        Generate request = asked("{\"max_tokens\": 5, \"temperature\": 0.5, \"top_p\": 0.25, \"top_k\": 7,"
                + " \"min_p\": 0.125, \"stop_sequences\": [\"x\", \"y\"],"
                + " \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}");
        assertThat(request.limits().maxTokens()).isEqualTo(5);
        assertThat(request.sampling().temperature()).isEqualTo(0.5);
        assertThat(request.sampling().topP()).isEqualTo(0.25);
        assertThat(request.sampling().topK()).isEqualTo(7);
        assertThat(request.sampling().minP()).as("llama.cpp's own").isEqualTo(0.125);
        assertThat(request.stop()).as("its own, and the template's").containsExactly("x", "y", "<end>");
    }

    @Test
    void theTemplateGetsTheConversation() throws Exception {
        assertThat(prompt("{\"max_tokens\": 5, \"system\": \"Be brief.\", \"messages\": ["
                        + "{\"role\": \"user\", \"content\": \"Hi\"},"
                        + "{\"role\": \"assistant\", \"content\": [{\"type\": \"thinking\", \"thinking\": \"Hm.\","
                        + " \"signature\": \"s\"}, {\"type\": \"text\", \"text\": \"Ho\"}]},"
                        + "{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"A\","
                        + " \"cache_control\": {\"type\": \"ephemeral\"}}, {\"type\": \"text\", \"text\": \"B\"}]}]}"))
                .isEqualTo("[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                        + "{\"role\":\"user\",\"content\":\"Hi\"},"
                        + "{\"role\":\"assistant\",\"content\":\"Ho\",\"reasoning_content\":\"Hm.\"},"
                        + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A\"},"
                        + "{\"type\":\"text\",\"text\":\"B\"}]}]\n>");
    }

    @Test
    void turnsOfOneRoleAreOne() throws Exception {
        assertThat(prompt("{\"max_tokens\": 5, \"system\": [{\"type\": \"text\", \"text\": \"Be\"},"
                        + " {\"type\": \"text\", \"text\": \" kind.\"}], \"messages\": ["
                        + "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"user\", \"content\": \"there\"},"
                        + "{\"role\": \"assistant\", \"content\": \"Ho\"},"
                        + "{\"role\": \"assistant\", \"content\": \" ho\"}]}"))
                .as("and the assistant's last is continued")
                .isEqualTo("[{\"role\":\"system\",\"content\":\"Be kind.\"},"
                        + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},"
                        + "{\"type\":\"text\",\"text\":\"there\"}]},"
                        + "{\"role\":\"assistant\",\"content\":\"Ho ho\"}]");
    }

    /** Or no two requests of Claude Code would share a prefix. */
    @Test
    void aStampThatChangesIsMasked() throws Exception {
        String head = "x-anthropic-billing-header: cc_version=2.1.101.e51; cc_entrypoint=cli; cch=";
        assertThat(prompt(USER + ", \"system\": [{\"type\": \"text\", \"text\": \"" + head + "a5145;You help.\"}]}"))
                .contains(head + "00000;You help.");
        assertThat(prompt(USER + ", \"system\": \"Say cch=a5145; now.\"}")).contains("cch=a5145;");
    }

    @Test
    void aSchemaIsAGrammar() throws Exception {
        assertThat(asked(USER + ", \"output_config\": {\"format\": {\"type\": \"json_schema\","
                                + " \"schema\": {\"type\": \"number\"}}}}")
                        .grammar())
                .contains(new Grammar.JsonSchema("{\"type\":\"number\"}"));
    }

    @Test
    void tokensAreCounted() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            TestClient.Answer answer = running.client()
                    .post(
                            "/v1/messages/count_tokens",
                            "{\"model\": \"fake\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}");
            int letters = "[{\"role\":\"user\",\"content\":\"Hi\"}]\n>".length();
            assertThat(answer.text()).isEqualTo("{\"input_tokens\":" + letters + "}");
        }
    }

    private static String refusal(String body, int status, String type) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().path("type").textValue()).isEqualTo("error");
        assertThat(answer.error().path("type").textValue()).isEqualTo(type);
        return answer.errorMessage();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | 'messages'",
                "{\"messages\": []} | 'messages'",
                "{\"messages\": [{\"content\": \"Hi\"}]} | 'messages[0].role'",
                "{\"messages\": [{\"role\": \"tool\", \"content\": \"Hi\"}]} | 'messages[0].role'",
                "{\"messages\": [{\"role\": \"user\"}]} | 'messages[0].content'",
                "{\"messages\": [{\"role\": \"user\", \"content\": 5}]} | 'messages[0].content'",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}]} | 'messages[0].content[0].text'",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"x\"}]}]} | 'messages[0].content[0].type'",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"system\": 5} | 'system'",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"max_tokens\": -2} | 'max_tokens'",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"thinking\": {\"type\": \"x\"}} | 'thinking.type'",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"n\": 2} | 'n'",
            })
    void badFieldsAreNamed(String body, String field) throws Exception {
        assertThat(refusal(body, 400, "invalid_request_error")).contains(field.replace("'", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"search_result", "server_tool_use", "container_upload"})
    void whatIsNotServedIsRefused(String type) throws Exception {
        String body = "{\"max_tokens\": 5, \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"" + type
                + "\"}]}]}";
        assertThat(refusal(body, 400, "invalid_request_error")).contains(type);
    }

    @Test
    void aDocumentOfTextIsText() throws Exception {
        assertThat(prompt("{\"max_tokens\": 5, \"messages\": [{\"role\": \"user\", \"content\": ["
                        + "{\"type\": \"document\", \"source\": {\"type\": \"text\", \"media_type\": \"text/plain\","
                        + " \"data\": \"A tale.\"}}]}]}"))
                .isEqualTo("[{\"role\":\"user\",\"content\":\"A tale.\"}]\n>");
        assertThat(refusal(
                        "{\"max_tokens\": 5, \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"document\","
                                + " \"source\": {\"type\": \"base64\", \"media_type\": \"application/pdf\","
                                + " \"data\": \"AAAA\"}}]}]}",
                        400,
                        "invalid_request_error"))
                .contains("document");
    }

    @Test
    void anUnknownModelIsNotFound() throws Exception {
        assertThat(refusal(USER + ", \"model\": \"claude\"}", 404, "not_found_error"))
                .contains("claude", "fake");
        assertThat(answer(FakeEngine.saying("a"), USER + ", \"model\": \"other-name\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aFullServerIsOverloaded() throws Exception {
        TestClient.Answer answer =
                answer(FakeEngine.failing(new EngineError.Busy(9, Duration.ofSeconds(3))), USER + "}");
        assertThat(answer.status()).isEqualTo(529);
        assertThat(answer.error().path("type").textValue()).isEqualTo("overloaded_error");
        assertThat(answer.header("Retry-After")).contains("3");
    }

    @Test
    void anErrorMidStreamIsAnEvent() throws Exception {
        FakeEngine engine = new FakeEngine(
                generation -> generation.start().say("a").fail(new EngineError.Internal("the decoder failed")));
        List<Sent> events = events(answer(engine, USER + ", \"stream\": true}"));
        assertThat(events.getLast().type()).isEqualTo("error");
        assertThat(events.getLast().data().path("error").toString())
                .isEqualTo("{\"type\":\"api_error\",\"message\":\"the decoder failed\"}");
    }

    @Test
    void aSilenceIsFilledWithPings() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        Defaults impatient = Defaults.standard().withBeat(Optional.of(Duration.ofMillis(5)));
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), impatient);
                var raw = running.raw()) {
            String body = USER + ", \"stream\": true}";
            raw.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body);
            assertThat(raw.readTo("event: ping\ndata: {\"type\":\"ping\"}\n\n")).contains("200 OK");
        }
    }

    @Test
    void aKeyIsSentAsAnthropicsClientsDo() throws Exception {
        HttpSettings keyed = HttpSettings.loopback(0).withApiKeys(List.of("secret"));
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), keyed, Defaults.standard())) {
            assertThat(running.client()
                            .post("/v1/messages", USER + "}", "x-api-key", "secret", "anthropic-version", "2023-06-01")
                            .status())
                    .isEqualTo(200);
            TestClient.Answer answer = running.client().post("/v1/messages", USER + "}", "x-api-key", "other");
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.error().path("type").textValue()).isEqualTo("authentication_error");
        }
    }

    @Test
    void pathsBesideAreAnthropicsToo() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            TestClient.Answer missing = running.client().get("/v1/messages/batches");
            assertThat(missing.status()).isEqualTo(404);
            assertThat(missing.error().path("type").textValue()).isEqualTo("not_found_error");
            assertThat(running.client().get("/v1/messages").status()).isEqualTo(405);
        }
    }
}
