package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.Device;
import dev.corral.llama.NativeLibrary;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.testing.TinyImages;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that kill llama.cpp get a clear answer, and the worker that they were meant for lives on. */
class CrashCorpusTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COMPLETION = "/completion";
    private static final String TEXT = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    /** Refused as what this server can't do. */
    private static final int IMAGES = 15;

    private static WorkerEngine engine;
    private static RunningServer server;

    @BeforeAll
    static void open() throws Exception {
        engine = WorkerEngine.open(
                LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                        .name("smollm2")
                        .contextSize(4096)
                        .slots(4)
                        .batchSize(256)
                        .threads(2)
                        .build(),
                _ -> {});
        server = RunningServer.of(engine);
    }

    @AfterAll
    static void close() {
        server.close();
        engine.close();
    }

    private static String field(String name, Object value) throws Exception {
        return "\"" + name + "\": " + JSON.writeValueAsString(value);
    }

    private static Arguments prompted(int row, String path, String name, Object value) throws Exception {
        return Arguments.of(row, path, "{\"prompt\": \"x\", \"n_predict\": 2, " + field(name, value) + "}", name);
    }

    private static Arguments chat(int row, String name, Object value, String named) throws Exception {
        return Arguments.of(
                row,
                CHAT,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"max_tokens\": 2, " + field(name, value)
                        + "}",
                named);
    }

    private static Object schema(Object schema) {
        return Map.of("type", "json_schema", "json_schema", Map.of("name", "s", "schema", schema));
    }

    /** A header that promises 40 GB of pixels. */
    private static String hugeImage() {
        return Base64.getEncoder().encodeToString(TinyImages.png(120_000, 120_000, new byte[16]));
    }

    private static Map<String, Object> properties(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(i -> "p" + i, i -> Map.of()));
    }

    private static String triggered(String regex) throws Exception {
        return "{\"prompt\": \"x\", " + field("grammar", "root ::= \"a\"") + ", \"grammar_lazy\": true, "
                + field("grammar_triggers", List.of(Map.of("type", 2, "value", regex))) + "}";
    }

    private static String words(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"w" + i + "\"")
                .collect(Collectors.joining(" | ", "root ::= (", ")+"));
    }

    private static String chain() {
        StringBuilder rules = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 20_000; i++) {
            rules.append('r').append(i).append(" ::= r").append(i + 1).append('\n');
        }
        return rules.append("r20000 ::= \"a\"\n").toString();
    }

    static Stream<Arguments> requests() throws Exception {
        String deep = "root ::= " + "(".repeat(3000) + "\"a\"" + ")".repeat(3000);
        Map<String, String> nestedPattern =
                Map.of("type", "string", "pattern", "^" + "(".repeat(3000) + "a" + ")".repeat(3000) + "$");
        Map<String, String> danglingQuantifier = Map.of("type", "string", "pattern", "^*a$");
        String nested = "{\"items\":".repeat(3000) + "{}" + "}".repeat(3000);
        String messages = "\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]";
        return Stream.of(
                Arguments.of(1, COMPLETION, "{\"prompt\": \"" + "a".repeat(200_000) + "\"}", "without a break"),
                Arguments.of(1, TEXT, "{\"prompt\": \"" + " ".repeat(900_000) + "\"}", "without a break"),
                Arguments.of(1, COMPLETION, "{\"prompt\": \"" + "the cat ".repeat(600_000) + "\"}", "characters"),
                Arguments.of(1, "/tokenize", "{\"content\": \"" + "the cat ".repeat(600_000) + "\"}", "characters"),
                prompted(2, COMPLETION, "grammar", deep),
                prompted(2, TEXT, "grammar", deep),
                prompted(3, COMPLETION, "grammar", chain()),
                prompted(3, TEXT, "grammar", chain()),
                prompted(4, COMPLETION, "json_schema", nestedPattern),
                Arguments.of(
                        4,
                        COMPLETION,
                        "{\"prompt\": \"x\", \"json_schema\": {\"type\": \"string\", \"pattern\": \"^" + "(".repeat(101)
                                + "a" + ")".repeat(101) + "$\"}}",
                        "at most 100 deep"),
                prompted(4, COMPLETION, "json_schema", danglingQuantifier),
                chat(4, "response_format", schema(nestedPattern), "nest"),
                chat(4, "response_format", schema(danglingQuantifier), "pattern"),
                prompted(4, COMPLETION, "json_schema", Map.of("type", "object", "properties", properties(600))),
                Arguments.of(5, COMPLETION, "{\"prompt\": \"x\", \"json_schema\": " + nested + "}", "nest"),
                Arguments.of(5, CHAT, "{" + messages + ", \"tools\": [" + nested + "]}", "nest"),
                Arguments.of(7, COMPLETION, triggered("[z-a"), "trigger"),
                Arguments.of(7, TEXT, triggered("a{2,1}"), "trigger"),
                Arguments.of(7, COMPLETION, triggered("(".repeat(3000)), "trigger"),
                Arguments.of(7, COMPLETION, triggered("a\0b"), "NUL"),
                Arguments.of(
                        7,
                        COMPLETION,
                        "{\"prompt\": \"a a a a a a\", \"n_predict\": 200, \"ignore_eos\": true, "
                                + field("grammar", "root ::= \"a\"")
                                + ", \"grammar_lazy\": true, \"grammar_triggers\": [{\"type\": 2, \"value\":"
                                + " \"(.*a?){30}Q\"}]}",
                        "take too long to be searched for"),
                prompted(8, COMPLETION, "grammar", "%llguidance {}\nstart: \"a\""),
                prompted(8, TEXT, "grammar", "%llguidance {}\nstart: \"a\""),
                Arguments.of(
                        10,
                        COMPLETION,
                        "{\"prompt\": \"x\", \"n_predict\": 24, " + field("grammar", words(20_000)) + "}",
                        "too ambiguous"),
                prompted(9, COMPLETION, "prompt", List.of(1, -1)),
                prompted(9, COMPLETION, "prompt", List.of(49152)),
                prompted(9, TEXT, "prompt", List.of(49152)),
                prompted(9, COMPLETION, "logit_bias", List.of(List.of(-7, 1))),
                chat(9, "logit_bias", Map.of("49152", 1), "logit_bias"),
                Arguments.of(9, "/detokenize", "{\"tokens\": [-1]}", "tokens"),
                prompted(10, COMPLETION, "grammar", "root ::= nonsense"),
                prompted(10, TEXT, "grammar", "root ::= ("),
                prompted(10, COMPLETION, "grammar", "root ::= \"a\0b\""),
                prompted(14, COMPLETION, "n", 100_000),
                chat(14, "n", 100_000, "n"),
                prompted(15, COMPLETION, "image_data", List.of(Map.of("data", "", "id", 1))),
                prompted(15, COMPLETION, "image_data", List.of(Map.of("data", hugeImage(), "id", 1))),
                Arguments.of(
                        15,
                        CHAT,
                        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\":"
                                + " \"data:image/png;base64,\"}}]}]}",
                        "image"),
                chat(
                        21,
                        "chat_template_kwargs",
                        IntStream.range(0, 300).boxed().collect(Collectors.toMap(i -> "k" + i, i -> i)),
                        "at most 256"),
                Arguments.of(16, COMPLETION, "{\"prompt\": \"" + "the cat ".repeat(5_000) + "\"}", "tokens"),
                prompted(16, COMPLETION, "n", 129),
                prompted(18, COMPLETION, "n_predict", 1L << 33),
                prompted(18, COMPLETION, "n_keep", -5),
                prompted(18, COMPLETION, "n_discard", -1),
                prompted(18, COMPLETION, "min_keep", -1),
                prompted(18, COMPLETION, "n_probs", -1),
                prompted(18, COMPLETION, "dry_allowed_length", -1),
                prompted(18, COMPLETION, "dry_penalty_last_n", -2),
                prompted(18, COMPLETION, "dry_sequence_breakers", List.of("a\0b")),
                prompted(18, COMPLETION, "repeat_last_n", 1L << 32),
                chat(18, "top_logprobs", -1, "top_logprobs"),
                chat(18, "max_tokens", 1L << 33, "max_tokens"));
    }

    @ParameterizedTest(name = "row {0}: {1} [{index}] names {3}")
    @MethodSource("requests")
    void isRefused(int row, String path, String body, String named) throws Exception {
        long pid = engine.pid();
        TestClient.Answer answer = server.client().post(path, body);
        assertThat(answer.status())
                .as("row %d: %.300s", row, answer.text())
                .satisfies(status -> assertThat(status == 501 && row == IMAGES || status >= 400 && status < 500)
                        .isTrue());
        assertThat(answer.error().path("message").textValue()).contains(named);
        assertThat(server.client()
                        .post(COMPLETION, "{\"prompt\": \"x\", \"n_predict\": 2}")
                        .status())
                .isEqualTo(200);
        assertThat(engine.pid()).isEqualTo(pid);
    }

    static Stream<Arguments> answerable() {
        String grammar = "\"grammar\": \"root ::= \\\"dog\\\"\"";
        String lazy = ", \"grammar_lazy\": true, \"grammar_triggers\": [{\"type\": 1, \"value\": \" cat\"}]";
        return Stream.of(
                Arguments.of(6, "{\"prompt\": \"The cat\", " + grammar + "}", "dog"),
                Arguments.of(6, "{\"prompt\": \"The cat\", " + grammar + ", \"speculative.n_max\": 8}", "dog"),
                Arguments.of(6, "{\"prompt\": \" cat cat cat cat\", " + grammar + lazy + ", \"n_predict\": 8}", ""),
                Arguments.of(
                        6,
                        "{\"prompt\": \"The cat\", \"grammar\": \"root ::= \\\"dog\\\" [a-z ]*\", \"ignore_eos\": true,"
                                + " \"n_predict\": 12}",
                        "dog"),
                Arguments.of(6, "{\"prompt\": \"The cat\", " + grammar + ", \"logit_bias\": [[\"dog\", false]]}", ""),
                Arguments.of(11, "{\"prompt\": \"" + "the cat ".repeat(350) + "\", \"n_predict\": 2}", ""),
                Arguments.of(11, "{\"prompt\": \"\", \"n_predict\": 2}", ""));
    }

    /** What ends llama.cpp only when it is fed as it should not be. */
    @ParameterizedTest(name = "row {0}: [{index}] says {2}")
    @MethodSource("answerable")
    void isAnswered(int row, String body, String begins) throws Exception {
        long pid = engine.pid();
        TestClient.Answer answer = server.client().post(COMPLETION, body);
        assertThat(answer.status()).as("row %d: %s", row, answer.text()).isEqualTo(200);
        assertThat(answer.json().path("content").textValue()).startsWith(begins);
        assertThat(engine.pid()).isEqualTo(pid);
    }

    /** Row 17. */
    @Test
    void noBackendReachesAnotherMachine() {
        assertThat(NativeLibrary.load().devices()).extracting(Device::name).noneMatch(name -> name.startsWith("RPC"));
    }
}
