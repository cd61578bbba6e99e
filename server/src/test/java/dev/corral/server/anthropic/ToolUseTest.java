package dev.corral.server.anthropic;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tools in messages; the engine's answers are {@code thought|said@function:arguments}. */
class ToolUseTest {

    private static final String USER = "{\"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";
    private static final String TOOLS = USER + ", \"tools\": [{\"name\": \"add\", \"description\": \"Adds\","
            + " \"input_schema\": {\"type\": \"object\"}}, {\"type\": \"custom\", \"name\": \"now\","
            + " \"input_schema\": {\"type\": \"object\"}}]";

    private static TestClient.Answer answer(FakeEngine engine, String body) throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return running.client().post("/v1/messages", body);
        }
    }

    private static Tools asked(String body) throws Exception {
        FakeEngine engine = FakeEngine.saying("|");
        TestClient.Answer answer = answer(engine, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return engine.lastTools().orElseThrow();
    }

    private static String prompt(String messages) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient.Answer answer = answer(engine, "{\"max_tokens\": 9, \"messages\": [" + messages + "]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return ((Prompt.Text) engine.next().request().prompt()).text();
    }

    @Test
    void callsAreBlocks() throws Exception {
        JsonNode message = answer(FakeEngine.saying("Hm|", "So:@add:{\"a\":", "1}@now:{}"), TOOLS + "}")
                .json();
        assertThat(message.path("stop_reason").textValue()).isEqualTo("tool_use");
        JsonNode content = message.path("content");
        assertThat(content.get(0).toString())
                .isEqualTo("{\"type\":\"thinking\",\"thinking\":\"Hm\",\"signature\":\"\"}");
        assertThat(content.get(1).toString()).isEqualTo("{\"type\":\"text\",\"text\":\"So:\"}");
        assertThat(content.get(2).path("id").textValue()).isNotBlank();
        assertThat(content.get(2).path("name").textValue()).isEqualTo("add");
        assertThat(content.get(2).path("input").toString()).isEqualTo("{\"a\":1}");
        assertThat(content.get(3).path("type").textValue()).isEqualTo("tool_use");
        assertThat(content.get(3).path("input").toString()).isEqualTo("{}");
        assertThat(content.get(3).path("id")).isNotEqualTo(content.get(2).path("id"));
    }

    @Test
    void callsStream() throws Exception {
        List<JsonNode> events = answer(
                        FakeEngine.saying("Hm|", "So:", "@add", ":{\"a\":", "1}", "@now:{}"),
                        TOOLS + ", \"stream\": true}")
                .events();
        StringBuilder story = new StringBuilder();
        for (JsonNode event : events) {
            switch (event.path("type").textValue()) {
                case "content_block_start" ->
                    story.append(event.path("index").intValue())
                            .append('[')
                            .append(event.at("/content_block/type").textValue())
                            .append(event.at("/content_block/name").asText(""))
                            .append(event.at("/content_block/input").isMissingNode() ? "" : "{}")
                            .append(' ');
                case "content_block_delta" -> {
                    JsonNode delta = event.path("delta");
                    story.append(delta.path("thinking").asText(""))
                            .append(delta.path("text").asText(""))
                            .append(delta.path("partial_json").asText(""));
                }
                case "content_block_stop" -> story.append(']');
                default -> {}
            }
        }
        assertThat(story.toString())
                .isEqualTo("0[thinking Hm]1[text So:]2[tool_useadd{} {\"a\":1}]3[tool_usenow{} {}]");
        JsonNode end = events.get(events.size() - 2);
        assertThat(end.at("/delta/stop_reason").textValue()).isEqualTo("tool_use");
        assertThat(end.at("/usage/output_tokens").intValue()).isPositive();
        assertThat(events.getLast().path("type").textValue()).isEqualTo("message_stop");
    }

    @Test
    void whatBrokeOffIsNoInput() throws Exception {
        FakeEngine.Script script =
                generation -> generation.start().say("|@add:{\"a\":").finish(FinishReason.LIMIT, Optional.empty());
        JsonNode message = answer(new FakeEngine(script), TOOLS + "}").json();
        assertThat(message.path("stop_reason").textValue()).isEqualTo("max_tokens");
        assertThat(message.at("/content/0/input").toString()).isEqualTo("{}");
    }

    @Test
    void toolsReachTheTemplateAsFunctions() throws Exception {
        Tools tools = asked(TOOLS + "}");
        assertThat(tools.json())
                .isEqualTo("[{\"type\":\"function\",\"function\":{\"name\":\"add\",\"description\":\"Adds\","
                        + "\"parameters\":{\"type\":\"object\"}}},{\"type\":\"function\",\"function\":"
                        + "{\"name\":\"now\",\"parameters\":{\"type\":\"object\"}}}]");
        assertThat(tools.choice()).isEqualTo(Tools.Choice.AUTO);
        assertThat(tools.parallel()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"auto, AUTO", "any, REQUIRED", "none, NONE"})
    void aChoiceIsTheEngines(String type, Tools.Choice choice) throws Exception {
        Tools tools =
                asked(TOOLS + ", \"tool_choice\": {\"type\": \"" + type + "\", \"disable_parallel_tool_use\": true}}");
        assertThat(tools.choice()).isEqualTo(choice);
        assertThat(tools.parallel()).contains(false);
    }

    @Test
    void aToolThatMustBeUsedIsTheOnlyOne() throws Exception {
        Tools tools = asked(TOOLS + ", \"tool_choice\": {\"type\": \"tool\", \"name\": \"now\"}}");
        assertThat(tools.json()).contains("now").doesNotContain("add");
        assertThat(tools.choice()).isEqualTo(Tools.Choice.REQUIRED);
    }

    @Test
    void usesAndResultsAreRendered() throws Exception {
        assertThat(prompt("{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": ["
                        + "{\"type\": \"text\", \"text\": \"So\"}, {\"type\": \"tool_use\", \"id\": \"t1\", \"name\": \"add\","
                        + " \"input\": {\"a\": 1}}]}, {\"role\": \"user\", \"content\": ["
                        + "{\"type\": \"tool_result\", \"tool_use_id\": \"t1\", \"content\": ["
                        + "{\"type\": \"text\", \"text\": \"2\"}]}, {\"type\": \"text\", \"text\": \"And?\"}]}"))
                .isEqualTo("[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"So\","
                        + "\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                        + "\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"t1\","
                        + "\"name\":\"add\",\"content\":\"2\"},{\"role\":\"user\",\"content\":\"And?\"}]\n>");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tools\": 5 | 'tools'",
                "\"tools\": [{\"input_schema\": {}}] | 'tools[0].name'",
                "\"tools\": [{\"name\": \"a b\", \"input_schema\": {}}] | 'tools[0].name'",
                "\"tools\": [{\"name\": \"a\"}] | 'tools[0].input_schema'",
                "\"tools\": [{\"name\": \"a\", \"input_schema\": 5}] | 'tools[0].input_schema'",
                "\"tools\": [{\"name\": \"a\", \"input_schema\": {}}, {\"name\": \"a\", \"input_schema\": {}}]"
                        + " | 'tools[1].name'",
                "\"tools\": [{\"type\": \"web_search_20250305\", \"name\": \"web_search\"}] | web_search_20250305",
                "\"tool_choice\": {\"type\": \"any\"} | 'tool_choice.type'",
                "\"tool_choice\": {} | 'tool_choice.type'",
                "\"tool_choice\": {\"type\": \"maybe\"} | 'tool_choice.type'",
                "\"tool_choice\": {\"type\": \"tool\", \"name\": \"no\"} | 'tool_choice.name'",
            })
    void whatIsMalformedIsNamed(String fields, String named) throws Exception {
        refused(USER + ", " + fields + "}", named);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user | {\"type\": \"tool_use\", \"id\": \"a\", \"name\": \"f\", \"input\": {}} | content[0].type",
                "assistant | {\"type\": \"tool_use\", \"name\": \"f\", \"input\": {}} | content[0].id",
                "assistant | {\"type\": \"tool_use\", \"id\": \"a\", \"name\": \"f\", \"input\": \"x\"} | content[0].input",
                "assistant | {\"type\": \"tool_use\", \"id\": \"a\", \"name\": \"f\", \"input\": {}} | must end",
                "assistant | {\"type\": \"image\", \"source\": {}} | content[0].type",
                "user | {\"type\": \"tool_result\", \"content\": \"2\"} | content[0].tool_use_id",
                "user | {\"type\": \"tool_result\", \"tool_use_id\": \"a\", \"content\": \"2\"} | content[0].tool_use_id",
                "user | {\"type\": \"image\"} | content[0].source",
                "user | {\"type\": \"image\", \"source\": {\"type\": \"base64\", \"data\": \"%%\"}} | source.data",
                "user | {\"type\": \"image\", \"source\": {\"type\": \"file\", \"file_id\": \"f\"}} | file",
            })
    void blocksAreChecked(String role, String block, String named) throws Exception {
        refused(
                "{\"max_tokens\": 9, \"messages\": [{\"role\": \"" + role + "\", \"content\": [" + block + "]}]}",
                named);
    }

    private static void refused(String body, String named) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("type").textValue()).isEqualTo("invalid_request_error");
        assertThat(answer.errorMessage()).contains(named.replace("'", ""));
    }
}
