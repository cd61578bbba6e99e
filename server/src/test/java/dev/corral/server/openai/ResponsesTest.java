package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Responses API; with tools, the engine's answers are {@code thought|said@function:arguments}. */
class ResponsesTest {

    private static final String PATH = "/v1/responses";
    private static final String TOOLS =
            ", \"tools\": [{\"type\": \"function\", \"name\": \"now\", \"parameters\": {\"type\": \"object\"}}]";

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post(PATH, body);
        }
    }

    private static String prompt(FakeGeneration generation) {
        return ((Prompt.Text) generation.request().prompt()).text();
    }

    @Test
    void answers() throws Exception {
        JsonNode response = answer(
                        FakeEngine.saying("Hello", " you"),
                        "{\"input\": \"Hi\", \"instructions\": \"Be brief\", \"max_output_tokens\": 9}")
                .json();
        assertThat(response.path("id").textValue()).matches("resp_[A-Za-z0-9]{32}");
        assertThat(response.path("object").textValue()).isEqualTo("response");
        assertThat(response.path("status").textValue()).isEqualTo("completed");
        assertThat(response.path("model").textValue()).isEqualTo("fake");
        assertThat(response.path("instructions").textValue()).isEqualTo("Be brief");
        assertThat(response.path("max_output_tokens").intValue()).isEqualTo(9);
        assertThat(response.at("/text/format/type").textValue()).isEqualTo("text");
        assertThat(response.path("output")).hasSize(1);
        assertThat(response.at("/output/0/type").textValue()).isEqualTo("message");
        assertThat(response.at("/output/0/content").toString())
                .isEqualTo("[{\"type\":\"output_text\",\"text\":\"Hello you\",\"annotations\":[],\"logprobs\":[]}]");
        assertThat(response.path("usage").toString())
                .isEqualTo(
                        "{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":0},"
                                + "\"output_tokens\":2,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":9}");
        assertThat(response.path("error").isNull()).isTrue();
    }

    @Test
    void thoughtsTextAndCallsAreItemsOfTheirOwn() throws Exception {
        String body = "{\"input\": \"Hi\"" + TOOLS + "}";
        JsonNode output = answer(FakeEngine.saying("Hm|", "So:", "@now:{", "}@now:{}"), body)
                .json()
                .path("output");
        assertThat(output.findValuesAsText("type"))
                .containsExactly(
                        "reasoning", "reasoning_text", "message", "output_text", "function_call", "function_call");
        assertThat(output.at("/0/content/0/text").textValue()).isEqualTo("Hm");
        assertThat(output.at("/2/arguments").textValue()).isEqualTo("{}");
        assertThat(output.at("/2/call_id").textValue()).startsWith("call_");
        assertThat(output.findValuesAsText("status")).containsOnly("completed");
    }

    @Test
    void eventsAreTypedAndNumbered() throws Exception {
        TestClient.Answer answer = answer(
                FakeEngine.saying("Hm|", "So:", "@now:{", "}"), "{\"input\": \"Hi\", \"stream\": true" + TOOLS + "}");
        assertThat(answer.text()).startsWith("event: response.created\ndata: {").doesNotContain("[DONE]");
        List<JsonNode> events = answer.events();
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).path("sequence_number").intValue()).isEqualTo(i);
        }
        List<String> types = events.stream()
                .map(event -> event.path("type").textValue())
                .distinct()
                .toList();
        assertThat(types)
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.reasoning_text.delta",
                        "response.reasoning_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.completed");
        assertThat(events.stream()
                        .filter(event -> event.path("type").textValue().equals("response.output_item.added"))
                        .map(event -> event.path("output_index").intValue()))
                .containsExactly(0, 1, 2);
        assertThat(events.getLast().at("/response/output")).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"LIMIT, incomplete", "STOP_STRING, completed"})
    void saysWhetherItIsComplete(FinishReason reason, String status) throws Exception {
        FakeEngine.Script script = generation -> generation.start().say("a").finish(reason, Optional.empty());
        JsonNode response =
                answer(new FakeEngine(script), "{\"input\": \"Hi\"}").json();
        assertThat(response.path("status").textValue()).isEqualTo(status);
        assertThat(response.at("/incomplete_details/reason").asText("none"))
                .isEqualTo(status.equals("incomplete") ? "max_output_tokens" : "none");
    }

    @Test
    void aConversationGoesOn() throws Exception {
        FakeEngine engine = FakeEngine.saying("Hello");
        try (RunningServer running = RunningServer.of(engine)) {
            String first = running.client()
                    .post(PATH, "{\"input\": \"Hi\", \"instructions\": \"Be brief\"}")
                    .json()
                    .path("id")
                    .textValue();
            assertThat(prompt(engine.next())).contains("Be brief");
            String more = "{\"input\": \"And?\", \"previous_response_id\": \"" + first + "\"}";
            String second = running.client().post(PATH, more).json().path("id").textValue();
            assertThat(prompt(engine.next()))
                    .isEqualTo("[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hello\"},"
                            + "{\"role\":\"user\",\"content\":\"And?\"}]\n>");
            assertThat(running.client()
                            .get(PATH + "/" + second)
                            .json()
                            .path("id")
                            .textValue())
                    .isEqualTo(second);
            assertThat(running.client().get(PATH + "/resp_none").status()).isEqualTo(404);
            TestClient.Answer unknown =
                    running.client().post(PATH, "{\"input\": \"And?\", \"previous_response_id\": \"resp_none\"}");
            assertThat(unknown.status()).isEqualTo(404);
        }
    }

    @Test
    void itemsBecomeMessages() throws Exception {
        FakeEngine engine = FakeEngine.saying("|ok");
        String input = "[{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": \"Hi\"}]},"
                + " {\"type\": \"reasoning\", \"summary\": [], \"content\": [{\"type\": \"reasoning_text\", \"text\": \"Hm\"}]},"
                + " {\"type\": \"function_call\", \"call_id\": \"c\", \"name\": \"now\", \"arguments\": \"{}\"},"
                + " {\"type\": \"function_call\", \"call_id\": \"d\", \"name\": \"now\", \"arguments\": \"{}\"},"
                + " {\"type\": \"function_call_output\", \"call_id\": \"c\", \"output\": \"12:00\"}]";
        assertThat(answer(engine, "{\"input\": " + input + TOOLS + "}").status())
                .isEqualTo(200);
        assertThat(prompt(engine.next()))
                .startsWith(
                        "[{\"role\":\"user\",\"content\":\"Hi\"},"
                                + "{\"role\":\"assistant\",\"reasoning_content\":\"Hm\",\"content\":null,\"tool_calls\":[{\"id\":\"c\"")
                .contains("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"12:00\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                            | 400 | input",
                "{\"input\": 5}                                                | 400 | input",
                "{\"input\": []}                                               | 400 | input",
                "{\"input\": [{\"role\": \"owner\", \"content\": \"x\"}]}      | 400 | input[0].role",
                "{\"input\": [{\"role\": \"user\"}]}                           | 400 | input[0].content",
                "{\"input\": \"x\", \"max_output_tokens\": 0}                  | 400 | max_output_tokens",
                "{\"input\": \"x\", \"temperature\": \"hot\"}                  | 400 | temperature",
                "{\"input\": \"x\", \"text\": {\"format\": {\"type\": \"json_schema\"}}} | 400 | text.format.schema",
                "{\"input\": \"x\", \"background\": true}                      | 501 | null",
                "{\"input\": [{\"type\": \"item_reference\", \"id\": \"x\"}]}  | 501 | null"
            })
    void whatIsMalformedIsNamed(String body, int status, String param) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("param").asText()).isEqualTo(param);
    }
}
