package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole server before a real model. */
class ModelTest {

    private static final ModelServer SERVER = ModelServer.shared();
    private static final List<String> PROMPTS = List.of(
            "Once upon a time",
            "The capital of France is",
            "def fibonacci(n):",
            "1, 2, 3, 4,",
            "Dear Sir or Madam,",
            "Roses are red,",
            "Monday, Tuesday, Wednesday,",
            "In the beginning");

    @AfterEach
    void goesOn() throws InterruptedException {
        JsonNode answer = complete("{\"prompt\": \"One, two,\", \"n_predict\": 1, \"temperature\": 0}");
        assertThat(answer.path("tokens_predicted").intValue()).isEqualTo(1);
        SERVER.engine().checkInvariants();
    }

    private static JsonNode complete(String body) throws InterruptedException {
        TestClient.Answer answer = SERVER.client().post("/completion", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static String greedy(String prompt, boolean stream) {
        return "{\"prompt\": \"" + prompt + "\", \"n_predict\": 12, \"temperature\": 0, \"stream\": " + stream + "}";
    }

    private static String streamed(String prompt) throws InterruptedException {
        TestClient.Answer answer = SERVER.client().post("/completion", greedy(prompt, true));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        StringBuilder text = new StringBuilder();
        List<JsonNode> events = answer.events();
        events.forEach(event -> text.append(event.path("content").textValue()));
        assertThat(events.getLast().path("stop").booleanValue()).isTrue();
        return text.toString();
    }

    private static String fromTheLibrary(String prompt) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        try (Generation generation = SERVER.engine()
                .submit(Generate.of(Prompt.text(prompt))
                        .with(Sampling.greedySampling())
                        .with(Limits.tokens(12)))) {
            while (!generation.ended()) {
                if (generation.next() instanceof Event.Delta delta) {
                    text.append(delta.text());
                }
            }
        }
        return text.toString();
    }

    @Test
    void theTextIsTheSameHoweverItIsAskedFor() throws Exception {
        List<String> alone = new ArrayList<>();
        for (String prompt : PROMPTS) {
            String text = complete(greedy(prompt, false)).path("content").textValue();
            assertThat(text).isNotEmpty();
            assertThat(streamed(prompt)).as(prompt).isEqualTo(text);
            assertThat(fromTheLibrary(prompt)).as(prompt).isEqualTo(text);
            alone.add(text);
        }
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> together = new ArrayList<>();
            for (String prompt : PROMPTS) {
                together.add(clients.submit(() -> streamed(prompt)));
            }
            for (int i = 0; i < PROMPTS.size(); i++) {
                assertThat(together.get(i).get()).as(PROMPTS.get(i)).isEqualTo(alone.get(i));
            }
        }
    }

    @Test
    void eightStreamsOnFourSlotsAllComplete() throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<JsonNode>>> streams = new ArrayList<>();
            for (String prompt : PROMPTS) {
                streams.add(clients.submit(() -> SERVER.client()
                        .post(
                                "/v1/chat/completions",
                                "{\"messages\": [{\"role\": \"user\", \"content\": \"" + prompt + "\"}],"
                                        + " \"max_tokens\": 32, \"stream\": true}")
                        .events()));
            }
            for (Future<List<JsonNode>> stream : streams) {
                assertThat(stream.get().getLast().at("/choices/0/finish_reason").textValue())
                        .isIn("stop", "length");
            }
        }
    }

    @Test
    void aClientThatLeavesFreesItsSlot() throws Exception {
        for (boolean stream : new boolean[] {true, false}) {
            try (RawClient client = SERVER.running()
                    .raw()
                    .post(
                            "/completion",
                            "{\"prompt\": \"Count: 1\", \"ignore_eos\": true, \"stream\": " + stream + "}")) {
                await(1);
                if (stream) {
                    client.readTo("data: ");
                }
            }
            await(0);
        }
    }

    /** Waits until so many slots are taken. */
    private static void await(int running) throws InterruptedException {
        while (SERVER.engine().stats().running() != running) {
            Thread.sleep(1);
        }
    }

    @Test
    void chats() throws InterruptedException {
        JsonNode answer = SERVER.client()
                .post(
                        "/v1/chat/completions",
                        "{\"messages\": [{\"role\": \"user\","
                                + " \"content\": [{\"type\": \"text\", \"text\": \"Hi\"}]}],"
                                + " \"temperature\": 0, \"max_tokens\": 40}")
                .json();
        assertThat(answer.at("/choices/0/message/content").textValue()).startsWith("Hello!");
        assertThat(answer.at("/usage/prompt_tokens").intValue()).isPositive();
    }

    @Test
    void aSchemaHolds() throws InterruptedException {
        JsonNode answer = SERVER.client().post("/v1/chat/completions", """
                        {"messages": [{"role": "user", "content": "Name a city."}], "max_tokens": 60, "seed": 1,
                         "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": {
                           "type": "object", "properties": {"city": {"type": "string", "maxLength": 12},
                           "big": {"type": "boolean"}}, "required": ["city", "big"], "additionalProperties": false}}}}""").json();
        JsonNode city = TestClient.json(answer.at("/choices/0/message/content").textValue());
        assertThat(city.path("city").isTextual()).isTrue();
        assertThat(city.path("big").isBoolean()).isTrue();
    }

    @Test
    void aGrammarHolds() throws InterruptedException {
        assertThat(complete(
                                "{\"prompt\": \"Is it?\", \"grammar\": \"root ::= \\\"yes\\\" | \\\"no\\\"\", \"n_predict\": 9}")
                        .path("content")
                        .textValue())
                .isIn("yes", "no");
    }

    @Test
    void aSecondTurnReadsOnlyWhatIsNew() throws InterruptedException {
        String first = "The quick brown fox jumps over the lazy dog. ".repeat(5);
        complete(greedy(first, false));
        JsonNode again = complete(greedy(first + "Then", false));
        assertThat(again.at("/timings/cache_n").intValue()).isGreaterThan(30);
        assertThat(again.at("/timings/prompt_n").intValue()).isLessThan(10);
        assertThat(again.path("tokens_evaluated").intValue())
                .isEqualTo(again.at("/timings/cache_n").intValue()
                        + again.at("/timings/prompt_n").intValue());
    }

    @Test
    void stopStringsEndTheText() throws InterruptedException {
        JsonNode result = complete(
                "{\"prompt\": \"1, 2, 3, 4,\", \"n_predict\": 40, \"temperature\": 0, \"stop\": [\"7\", \"zzz\"]}");
        assertThat(result.path("content").textValue()).isEqualTo(" 5, 6, ");
        assertThat(result.path("stopped_word").booleanValue()).isTrue();
        assertThat(result.path("stopping_word").textValue()).isEqualTo("7");
    }

    @Test
    void noTokensAreGeneratedWhenNoneAreWanted() throws InterruptedException {
        JsonNode result = complete("{\"prompt\": \"Hello\", \"n_predict\": 0}");
        assertThat(result.path("content").textValue()).isEmpty();
        assertThat(result.path("tokens_predicted").intValue()).isZero();
        assertThat(result.path("tokens_evaluated").intValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Hello, world!", "世界 🌍 здравствуй", " \\n\\t  x", "<|im_start|>user", "a\\u0000b", ""})
    void tokensAndTextAgree(String text) throws InterruptedException {
        JsonNode tokens = SERVER.client()
                .post("/tokenize", "{\"content\": \"" + text + "\"}")
                .json()
                .path("tokens");
        assertThat(SERVER.client()
                        .post("/detokenize", "{\"tokens\": " + tokens + "}")
                        .json()
                        .path("content"))
                .isEqualTo(TestClient.json("\"" + text + "\""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/completion | garbage | not valid JSON",
                "/completion | {\"prompt\": \"x\", \"temperature\": \"hot\"} | 'temperature'",
                "/completion | {\"prompt\": [1, 49152]} | 'prompt'",
                "/completion | {\"prompt\": [-1]} | 'prompt'",
                "/completion | {\"prompt\": \"x\", \"logit_bias\": [[49152, 1]]} | 'logit_bias'",
                "/completion | {\"prompt\": \"x\", \"grammar\": \"root ::= nonsense\"} | 'grammar'",
                "/completion | {\"prompt\": \"x\", \"json_schema\": {\"type\": \"nonsense\"}} | 'json_schema'",
                "/detokenize | {\"tokens\": [49152]} | 'tokens'",
                "/v1/chat/completions | garbage | not valid JSON",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": 5}]} | 'messages[0].content'"
            })
    void aWrongRequestIsExplained(String path, String body, String because) throws InterruptedException {
        TestClient.Answer answer = SERVER.client().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains(because);
    }

    @Test
    void anUnknownModelIsExplained() throws InterruptedException {
        TestClient.Answer answer = SERVER.client()
                .post(
                        "/v1/chat/completions",
                        "{\"model\": \"gpt-4\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().path("message").textValue())
                .contains("'gpt-4'")
                .contains("'smollm2'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/completion", "/v1/chat/completions"})
    void anOverLongPromptIsExplained(String path) throws InterruptedException {
        String text = "word ".repeat(20_000);
        TestClient.Answer answer = SERVER.client()
                .post(
                        path,
                        "{\"prompt\": \"" + text + "\", \"messages\": [{\"role\": \"user\", \"content\": \"" + text
                                + "\"}], \"stream\": true}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue())
                .contains("tokens")
                .contains("context");
        assertThat(answer.error().path("n_prompt_tokens").intValue()).isGreaterThan(20_000);
        assertThat(answer.error().path("n_ctx").intValue())
                .isEqualTo(SERVER.engine().model().contextSize());
    }

    private static long running() throws InterruptedException {
        long running = 0;
        for (JsonNode slot : SERVER.client().get("/slots").json()) {
            running += slot.path("is_processing").booleanValue() ? 1 : 0;
        }
        return running;
    }

    @Test
    void aPlainRequestWhoseClientLeftFreesItsSlotWhileAnotherStreams() throws Exception {
        String body = "{\"prompt\": \"Once upon a time\", \"n_predict\": 900, \"ignore_eos\": true, \"stream\": %s}";
        try (RawClient stream = SERVER.running().raw().post("/completion", body.formatted(true))) {
            stream.readTo("data: ");
            try (RawClient _ = SERVER.running().raw().post("/completion", body.formatted(false))) {
                while (running() < 2) {
                    Thread.onSpinWait();
                }
            }
            while (running() > 1) {
                Thread.onSpinWait();
            }
            assertThat(stream.readTo("data: ")).as("the stream goes on").doesNotContain("\"stop\":true");
        }
        while (running() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aRequestCanBringItsOwnDeadline() throws InterruptedException {
        String body = "{\"prompt\": \"Once upon a time\", \"n_predict\": 900, \"ignore_eos\": true, \"t_max_ms\": 300}";
        TestClient.Answer answer = SERVER.client().post("/completion", body);
        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.error().path("message").textValue()).contains("300 ms");
    }
}
