package dev.corral.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tools;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tools in {@code /api/chat}; the engine's answers are {@code thought|said@function:arguments}. */
class OllamaToolsTest {

    private static final String TOOLS = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"tools\":"
            + " [{\"type\": \"function\", \"function\": {\"name\": \"add\", \"parameters\": {\"type\": \"object\"}}}]";

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/api/chat", body);
        }
    }

    @Test
    void callsHaveTheirArgumentsAsObjects() throws Exception {
        FakeEngine engine = FakeEngine.saying("Hm|", "So:@add:{\"a\":", "1}@now:{}");
        JsonNode whole = answer(engine, TOOLS + ", \"stream\": false}").json();
        JsonNode message = whole.path("message");
        assertThat(message.path("content").textValue()).isEqualTo("So:");
        assertThat(message.path("thinking").textValue()).isEqualTo("Hm");
        assertThat(message.at("/tool_calls/0/function").toString())
                .isEqualTo("{\"name\":\"add\",\"arguments\":{\"a\":1}}");
        assertThat(message.at("/tool_calls/1/function/arguments").toString()).isEqualTo("{}");
        assertThat(message.at("/tool_calls/0/id").textValue()).isNotBlank();
        assertThat(whole.path("done_reason").textValue()).isEqualTo("stop");
        assertThat(engine.lastTools().map(Tools::choice)).contains(Tools.Choice.AUTO);
    }

    /** Ollama has no field for it; its clients pass on what stands in the options. */
    @Test
    void optionsSayWhetherToolsMustBeCalled() throws Exception {
        FakeEngine engine = FakeEngine.saying("|");
        TestClient.Answer answer = answer(
                engine, TOOLS + ", \"options\": {\"tool_choice\": \"required\", \"parallel_tool_calls\": false}}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(engine.lastTools()).hasValueSatisfying(tools -> {
            assertThat(tools.choice()).isEqualTo(Tools.Choice.REQUIRED);
            assertThat(tools.parallel()).contains(false);
        });
        TestClient.Answer wrong = answer(engine, TOOLS + ", \"options\": {\"tool_choice\": \"maybe\"}}");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.errorMessage()).contains("'options.tool_choice'");
    }

    @Test
    void callsStreamAsAWhole() throws Exception {
        List<JsonNode> lines = answer(FakeEngine.saying("Hm|", "So:", "@add", ":{\"a\":", "1}"), TOOLS + "}")
                .text()
                .lines()
                .map(TestClient::json)
                .toList();
        StringBuilder thought = new StringBuilder();
        StringBuilder said = new StringBuilder();
        int calls = 0;
        for (JsonNode line : lines) {
            thought.append(line.at("/message/thinking").asText(""));
            said.append(line.at("/message/content").asText(""));
            calls += line.at("/message/tool_calls").size();
        }
        assertThat(thought.toString()).isEqualTo("Hm");
        assertThat(said.toString()).isEqualTo("So:");
        assertThat(calls).isEqualTo(1);
        assertThat(lines.get(lines.size() - 2)
                        .at("/message/tool_calls/0/function/arguments/a")
                        .intValue())
                .isEqualTo(1);
        assertThat(lines.getLast().path("done").booleanValue()).isTrue();
        assertThat(lines.getLast().path("message").has("tool_calls")).isFalse();
    }

    @Test
    void whatBrokeOffHasNoArguments() throws Exception {
        FakeEngine.Script script =
                generation -> generation.start().say("|@add:{\"a\":").finish(FinishReason.LIMIT, Optional.empty());
        JsonNode whole =
                answer(new FakeEngine(script), TOOLS + ", \"stream\": false}").json();
        assertThat(whole.path("done_reason").textValue()).isEqualTo("length");
        assertThat(whole.at("/message/tool_calls/0/function/arguments").toString())
                .isEqualTo("{}");
    }

    /** Ollama's clients name the tool that spoke, not the call. */
    @Test
    void resultsAnswerTheCallsInTheirOrder() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        String body =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"tool_calls\":"
                        + " [{\"function\": {\"name\": \"add\", \"arguments\": {\"a\": 1}}},"
                        + " {\"function\": {\"name\": \"now\", \"arguments\": {}}}]},"
                        + " {\"role\": \"tool\", \"tool_name\": \"add\", \"content\": \"2\"},"
                        + " {\"role\": \"tool\", \"tool_name\": \"now\", \"content\": \"12:00\"}], \"stream\": false}";
        assertThat(answer(engine, body).status()).isEqualTo(200);
        String prompt = ((Prompt.Text) engine.next().request().prompt()).text();
        assertThat(prompt)
                .contains("\"tool_calls\":[{\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                        + "\"arguments\":\"{\\\"a\\\":1}\"}},{\"id\":\"call_1\"")
                .contains("{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":\"2\",\"name\":\"add\"}")
                .contains("{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"12:00\",\"name\":\"now\"}");
    }

    @Test
    void aConversationEndsWithWhatTheToolSaid() throws Exception {
        TestClient.Answer answer = answer(
                FakeEngine.saying("a"),
                "{\"messages\": [{\"role\": \"assistant\", \"tool_calls\":"
                        + " [{\"function\": {\"name\": \"f\", \"arguments\": {}}}]}]}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.errorMessage()).contains("messages");
    }
}
