package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.ToolTemplate;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model that may call tools and writes what can't be read as a call: its text is the answer, whole, and nobody's fault. */
class UnreadableAnswersTest {

    private static final String TOOL = "{\"name\": \"add\", \"parameters\": {\"type\": \"object\","
            + " \"properties\": {\"a\": {\"type\": \"integer\"}}}}";
    private static final String FUNCTIONS = "\"tools\": [{\"type\": \"function\", \"function\": " + TOOL + "}]";
    private static final String MESSAGES = "\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], ";

    private static LocalEngine model;
    private static volatile String said = "";
    private static RunningServer running;

    /** Reads and writes as the model's template does, and says what a test wants. */
    private static final class Saying extends FakeEngine {

        Saying() {
            super(generation -> {
                generation.start();
                for (int at = 0; at < said.length(); at += 3) {
                    generation.say(said.substring(at, Math.min(said.length(), at + 3)));
                }
                generation.finish();
            });
        }

        @Override
        public ModelInfo model() {
            return model.model();
        }

        @Override
        public Generation submit(Generate request) {
            return super.submit(request);
        }

        @Override
        public <R extends Reply> R ask(Query<R> query) {
            try {
                return model.ask(query);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    @BeforeAll
    static void open() throws Exception {
        model = LocalEngine.open(
                LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                        .name("smollm2")
                        .contextSize(512)
                        .slots(1)
                        .threads(1)
                        .chatTemplate(ToolTemplate.THINKING)
                        .build(),
                _ -> {});
        running = RunningServer.of(new Saying());
    }

    @AfterAll
    static void close() {
        running.close();
        model.close();
    }

    static Stream<String> texts() {
        return Stream.of(
                "So: <tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": oops}}\n</tool_call> the tail",
                "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call> between <tool_call>no the tail",
                "<tool_call>this is no JSON</tool_call> the tail",
                "<tool_call>\n{\"name\": \"nobody\", \"arguments\": {}}\n</tool_call> the tail",
                "</tool_call></tool_call> the tail",
                "<tool_call>\n" + "[".repeat(5_000) + " the tail",
                "<think>Hm <tool_call>{\"name\": 5} the tail");
    }

    /** All texts in an answer: contents, thoughts, arguments of calls. */
    private static String texts(JsonNode node) {
        StringBuilder all = new StringBuilder();
        if (node.isTextual()) {
            all.append(node.textValue());
        }
        node.forEach(child -> all.append(texts(child)).append('\n'));
        return all.toString();
    }

    private static void keeps(String path, String body) throws Exception {
        TestClient.Answer answer = running.client().post(path, "{" + body + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(texts(answer.json())).as("%s says %s", path, answer.text()).contains("the tail");
    }

    private static void keepsStreamed(String path, String body) throws Exception {
        TestClient.Answer answer = running.client().post(path, "{" + body + ", \"stream\": true}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        StringBuilder all = new StringBuilder();
        for (String line : answer.text().lines().toList()) {
            if (line.startsWith("data: {") || line.startsWith("{")) {
                JsonNode event = TestClient.json(line.substring(line.indexOf('{')));
                assertThat(event.has("error")).as(line).isFalse();
                all.append(texts(event).replace("\n", ""));
            }
        }
        for (String word : new String[] {"the", "tail"}) {
            assertThat(all.toString()).as(answer.text()).contains(word);
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void areToldWhole(String text) throws Exception {
        said = text;
        keeps("/v1/chat/completions", MESSAGES + FUNCTIONS);
        keeps(
                "/v1/responses",
                "\"input\": \"Hi\", \"tools\": [" + TOOL.replaceFirst("\\{", "{\"type\": \"function\", ") + "]");
        keeps(
                "/v1/messages",
                MESSAGES + "\"max_tokens\": 99, \"tools\": [{\"name\": \"add\", \"input_schema\":"
                        + " {\"type\": \"object\"}}]");
        keeps("/api/chat", "\"model\": \"smollm2\", \"stream\": false, " + MESSAGES + FUNCTIONS);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void areToldWholeWhileTheyCome(String text) throws Exception {
        said = text;
        keepsStreamed("/v1/chat/completions", MESSAGES + FUNCTIONS);
        keepsStreamed(
                "/v1/responses",
                "\"input\": \"Hi\", \"tools\": [" + TOOL.replaceFirst("\\{", "{\"type\": \"function\", ") + "]");
        keepsStreamed(
                "/v1/messages",
                MESSAGES + "\"max_tokens\": 99, \"tools\": [{\"name\": \"add\", \"input_schema\":"
                        + " {\"type\": \"object\"}}]");
        keepsStreamed("/api/chat", "\"model\": \"smollm2\", " + MESSAGES + FUNCTIONS);
    }
}
