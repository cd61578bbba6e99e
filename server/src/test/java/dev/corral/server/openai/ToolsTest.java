package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tools in chat completions; the engine's answers are {@code thought|said@function:arguments}. */
class ToolsTest {

    private static final String TOOLS = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"tools\":"
            + " [{\"type\": \"function\", \"function\": {\"name\": \"add\", \"parameters\": {\"type\": \"object\"}}},"
            + " {\"type\": \"function\", \"function\": {\"name\": \"now\"}}]";

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/v1/chat/completions", body);
        }
    }

    @Test
    void callsAreAnswered() throws Exception {
        FakeEngine engine = FakeEngine.saying("Hm|", "So:@add:{\"a\":", "1}@now:{}");
        JsonNode choice = answer(engine, TOOLS + "}").json().at("/choices/0");
        JsonNode message = choice.path("message");
        assertThat(choice.path("finish_reason").textValue()).isEqualTo("tool_calls");
        assertThat(message.path("content").textValue()).isEqualTo("So:");
        assertThat(message.path("reasoning_content").textValue()).isEqualTo("Hm");
        assertThat(message.at("/tool_calls/0/id").textValue()).matches("call_[A-Za-z0-9]{32}");
        assertThat(message.at("/tool_calls/0/type").textValue()).isEqualTo("function");
        assertThat(message.at("/tool_calls/0/function").toString())
                .isEqualTo("{\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"}");
        assertThat(message.at("/tool_calls/1/function/name").textValue()).isEqualTo("now");
        assertThat(engine.next().request().output().visible()).isEqualTo(Tokens.of(7));
    }

    @Test
    void aMessageOfCallsAloneHasNoContent() throws Exception {
        JsonNode message =
                answer(FakeEngine.saying("|@now:{}"), TOOLS + "}").json().at("/choices/0/message");
        assertThat(message.path("content").isNull()).isTrue();
        assertThat(message.has("reasoning_content")).isFalse();
    }

    @Test
    void callsStream() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("Hm|", "So:", "@add", ":{\"a\":", "1}", "@now:{}"),
                        TOOLS + ", \"stream\": true}")
                .events();
        assertThat(events.getFirst().at("/choices/0/delta/role").textValue()).isEqualTo("assistant");
        StringBuilder thought = new StringBuilder();
        StringBuilder said = new StringBuilder();
        StringBuilder[] arguments = {new StringBuilder(), new StringBuilder()};
        StringBuilder names = new StringBuilder();
        for (JsonNode event : events) {
            JsonNode delta = event.at("/choices/0/delta");
            thought.append(delta.path("reasoning_content").asText(""));
            said.append(delta.path("content").asText(""));
            for (JsonNode call : delta.path("tool_calls")) {
                int index = call.path("index").intValue();
                names.append(call.at("/function/name").asText(""));
                assertThat(call.has("id"))
                        .isEqualTo(call.path("function").has("name"))
                        .isEqualTo(call.has("type"));
                arguments[index].append(call.at("/function/arguments").textValue());
            }
        }
        assertThat(thought.toString()).isEqualTo("Hm");
        assertThat(said.toString()).isEqualTo("So:");
        assertThat(names.toString()).isEqualTo("addnow");
        assertThat(arguments[0].toString()).isEqualTo("{\"a\":1}");
        assertThat(arguments[1].toString()).isEqualTo("{}");
        assertThat(events.getLast().at("/choices/0/finish_reason").textValue()).isEqualTo("tool_calls");
    }

    @Test
    void logprobsOfCallsStreamToo() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("|", "@add:", "{}"), TOOLS + ", \"stream\": true, \"logprobs\": true}")
                .events();
        int tokens = events.stream()
                .mapToInt(event -> event.at("/choices/0/logprobs/content").size())
                .sum();
        assertThat(tokens).isEqualTo(3);
    }

    @Test
    void whatBrokeOffIsNoCallToMake() throws Exception {
        FakeEngine.Script script =
                generation -> generation.start().say("|@add:{\"a\":").finish(FinishReason.LIMIT, Optional.empty());
        JsonNode choice = answer(new FakeEngine(script), TOOLS + "}").json().at("/choices/0");
        assertThat(choice.path("finish_reason").textValue()).isEqualTo("length");
        assertThat(choice.at("/message/tool_calls/0/function/arguments").textValue())
                .isEqualTo("{\"a\":");
    }

    @Test
    void conversationsWithCallsAreRendered() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        String body = "{\"messages\": [{\"role\": \"developer\", \"content\": \"Be brief\"},"
                + " {\"role\": \"user\", \"content\": \"Hi\", \"name\": \"Ann\"},"
                + " {\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"c\", \"type\": \"function\","
                + " \"function\": {\"name\": \"now\", \"arguments\": \"{}\"}}]},"
                + " {\"role\": \"tool\", \"tool_call_id\": \"c\", \"content\": \"12:00\"}]}";
        assertThat(answer(engine, body).status()).isEqualTo(200);
        assertThat(((Prompt.Text) engine.next().request().prompt()).text()).contains("\"tool_call_id\":\"c\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tools\": 5                                                        | tools",
                "\"tools\": [5]                                                      | tools[0]",
                "\"tools\": [{}]                                                     | tools[0].type",
                "\"tools\": [{\"type\": \"web_search\"}]                             | tools[0].type",
                "\"tools\": [{\"type\": \"function\"}]                               | tools[0].function",
                "\"tools\": [{\"type\": \"function\", \"function\": {}}]             | tools[0].function.name",
                "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}] | tools[0].function.name",
                "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\", \"parameters\": 5}}]"
                        + " | tools[0].function.parameters",
                "\"tool_choice\": \"required\"                                       | tool_choice",
                "\"tool_choice\": {\"type\": \"function\"}                           | tool_choice",
                "\"reasoning_format\": \"mine\"                                      | reasoning_format",
                "\"enable_thinking\": 1                                              | enable_thinking",
                "\"chat_template_kwargs\": {\"enable_thinking\": \"no\"}             | chat_template_kwargs.enable_thinking"
            })
    void whatIsMalformedIsNamed(String fields, String param) throws Exception {
        refused("{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], " + fields + "}", param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tool_choice\": \"maybe\"                                                   | tool_choice",
                "\"tool_choice\": {\"type\": \"custom\"}                                      | tool_choice.type",
                "\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"no\"}}  | tool_choice.function.name",
                "\"parallel_tool_calls\": \"yes\"                                             | parallel_tool_calls"
            })
    void choicesAreAmongTheTools(String fields, String param) throws Exception {
        refused(TOOLS + ", " + fields + "}", param);
    }

    @Test
    void namesAreTold() throws Exception {
        refused(TOOLS.replace("\"now\"", "\"add\"") + "}", "tools[1].function.name");
    }

    private static void refused(String body, String param) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("param").asText()).isEqualTo(param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"now\"}}",
                "\"tool_choice\": {\"type\": \"allowed_tools\", \"allowed_tools\": {\"mode\": \"required\", \"tools\":"
                        + " [{\"type\": \"function\", \"function\": {\"name\": \"now\"}}]}}"
            })
    void aChoiceOfToolsLeavesTheOthersOut(String choice) throws Exception {
        FakeEngine engine = FakeEngine.saying("|");
        assertThat(answer(engine, TOOLS + ", " + choice + "}").status()).isEqualTo(200);
        assertThat(engine.lastTools()).hasValueSatisfying(tools -> {
            assertThat(tools.json()).contains("now").doesNotContain("add");
            assertThat(tools.choice()).isEqualTo(dev.corral.engine.Tools.Choice.REQUIRED);
        });
    }
}
