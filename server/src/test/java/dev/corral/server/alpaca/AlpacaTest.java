package dev.corral.server.alpaca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.SamplerKind;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.http.HttpSettings;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlpacaTest {

    private static final String HELLO = "\"messages\": [{\"role\": \"user\", \"message\": \"Hello\"}]";

    private FakeEngine engine = FakeEngine.saying(" Good ", "day", ".\n");
    private @Nullable RunningServer running;

    private TestClient.Answer post(String dialect, String path, String body) throws Exception {
        RunningServer server = running;
        if (server == null) {
            server = RunningServer.of(engine, HttpSettings.loopback(0), List.of("alpaca", "alpaca2"));
            running = server;
        }
        if (dialect.equals("main")) {
            return server.client().post(path, body);
        }
        try (TestClient client = server.clientOf(dialect)) {
            return client.post(path, body);
        }
    }

    private JsonNode answered(String dialect, String path, String body) throws Exception {
        TestClient.Answer answer = post(dialect, path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    /** What the engine was asked for. */
    private Generate asked(String dialect, String path, String fields) throws Exception {
        String what = path.contains("chat") ? HELLO : "\"prompt\": \"Hello\"";
        answered(dialect, path, "{" + what + fields + "}");
        return engine.next().request();
    }

    @AfterEach
    void stop() {
        if (running != null) {
            running.close();
        }
    }

    @Test
    void aCompletion() throws Exception {
        TestClient.Answer answer = post("alpaca", "/v1/completions", "{\"prompt\": \"Hello\", \"model\": \"x\"}");
        assertThat(answer.text())
                .matches(
                        "\\{\"id\":\"cmpl-[2-9A-HJ-NP-Za-km-z]{22}\",\"object\":\"text_completion\",\"created\":\\d{10},"
                                + "\"model\":\"chinese-llama-alpaca\",\"choices\":\\[\\{\"index\":0,\"text\":\"Good day.\"}]}");
        assertThat(engine.next().request().prompt()).isEqualTo(new InstructionTemplate().completion("Hello"));
    }

    @Test
    void aChatRepeatsTheWholeConversation() throws Exception {
        TestClient.Answer answer = post(
                "alpaca",
                "/v1/chat/completions",
                "{\"messages\": [{\"role\": \"system\", \"message\": \"Be kind.\"},"
                        + " {\"role\": \"critic\", \"message\": \"Hm.\"}, {\"role\": \"user\", \"content\": \"Hello\"}]}");
        assertThat(answer.text())
                .matches(
                        "\\{\"id\":\"chatcmpl-[2-9A-HJ-NP-Za-km-z]{22}\",\"object\":\"chat.completion\",\"created\":\\d{10},"
                                + "\"model\":\"chinese-llama-alpaca\",\"choices\":\\["
                                + "\\{\"index\":0,\"message\":\\{\"role\":\"system\",\"content\":\"Be kind.\"}},"
                                + "\\{\"index\":1,\"message\":\\{\"role\":\"critic\",\"content\":\"Hm.\"}},"
                                + "\\{\"index\":2,\"message\":\\{\"role\":\"user\",\"content\":\"Hello\"}},"
                                + "\\{\"index\":3,\"message\":\\{\"role\":\"assistant\",\"content\":\"Good day.\"}}]}");
    }

    @Test
    void aStringIsOneMessageOfTheUser() throws Exception {
        JsonNode answer = answered("alpaca", "/v1/chat/completions", "{\"messages\": \"Hello\"}");
        assertThat(answer.at("/choices/0/message").toString()).isEqualTo("{\"role\":\"user\",\"content\":\"Hello\"}");
        assertThat(engine.next().request().prompt())
                .isEqualTo(new InstructionTemplate().chat(List.of(new Message("user", "Hello"))));
    }

    @ParameterizedTest
    @CsvSource({
        "alpaca, /v1/completions, 0.1, 0.75, 128, 1.0",
        "alpaca, /v1/chat/completions, 0.7, 1.0, 128, 1.0",
        "alpaca2, /v1/completions, 0.2, 0.9, 512, 1.1",
        "alpaca2, /v1/chat/completions, 0.2, 0.9, 512, 1.1",
    })
    void eachEditionHasItsDefaults(
            String edition, String path, double temperature, double topP, int maxTokens, double penalty)
            throws Exception {
        Generate request = asked(edition, path, ", \"top_p\": null");
        Sampling sampling = request.sampling();
        assertThat(sampling.samplers()).isEqualTo(SamplerKind.HUGGING_FACE_ORDER);
        assertThat(sampling.temperature()).isEqualTo(temperature);
        assertThat(sampling.topP()).isEqualTo(topP);
        assertThat(sampling.topK()).isEqualTo(40);
        assertThat(sampling.minP()).isZero();
        assertThat(sampling.penalties()).isEqualTo(new Sampling.Penalties(-1, penalty, 0, 0));
        assertThat(request.limits().maxTokens()).isEqualTo(maxTokens);
        assertThat(request.search()).isEqualTo(Search.EACH);
    }

    @Test
    void beamsAreSampledUnlessTheRequestSaysOtherwise() throws Exception {
        Search.EarlyStopping stopping = Search.EarlyStopping.ESTIMATED;
        assertThat(asked("alpaca", "/v1/completions", ", \"num_beams\": 4").search())
                .isEqualTo(new Search.Beams(4, 1, stopping, true));
        assertThat(asked("alpaca", "/v1/completions", ", \"num_beams\": 4, \"do_sample\": false")
                        .search())
                .isEqualTo(new Search.Beams(4, 1, stopping, false));
        assertThat(asked("alpaca", "/v1/completions", ", \"num_beams\": 4, \"temperature\": 0")
                        .search())
                .isEqualTo(new Search.Beams(4, 1, stopping, false));
        assertThat(asked("alpaca", "/v1/completions", ", \"do_sample\": false")
                        .sampling()
                        .greedy())
                .isTrue();
    }

    @Test
    void numbersAndTruthsMayBeStrings() throws Exception {
        Generate request = asked(
                "alpaca",
                "/v1/chat/completions",
                ", \"max_tokens\": \"12\", \"temperature\": \" 5e-1 \", \"top_k\": 7.0, \"do_sample\": \"yes\","
                        + " \"stream\": 0");
        assertThat(request.limits().maxTokens()).isEqualTo(12);
        assertThat(request.sampling().temperature()).isEqualTo(0.5);
        assertThat(request.sampling().topK()).isEqualTo(7);
        assertThat(asked("alpaca", "/v1/completions", ", \"do_sample\": \"off\"")
                        .sampling()
                        .greedy())
                .isTrue();
    }

    @Test
    void aTextEndsAtTheNextInstruction() throws Exception {
        assertThat(asked("alpaca", "/v1/completions", ", \"stop\": \"。\"").stop())
                .containsExactly("。", "### Instruction:");
        assertThat(asked("alpaca2", "/v1/completions", "").stop()).containsExactly("[INST]");
    }

    @Test
    void aStreamHasTheTextWithoutTheConversation() throws Exception {
        TestClient.Answer answer = post("alpaca2", "/v1/chat/completions", "{" + HELLO + ", \"stream\": true}");
        assertThat(answer.header("Content-Type")).contains("text/event-stream");
        assertThat(answer.text()).endsWith("data: [DONE]\n\n");
        List<JsonNode> events = answer.events();
        assertThat(events)
                .extracting(event -> event.at("/choices/0").toString())
                .containsExactly(
                        "{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}",
                        "{\"index\":0,\"delta\":{\"content\":\"Good\"},\"finish_reason\":null}",
                        "{\"index\":0,\"delta\":{\"content\":\" day\"},\"finish_reason\":null}",
                        "{\"index\":0,\"delta\":{\"content\":\".\"},\"finish_reason\":null}",
                        "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}");
        String id = events.getFirst().path("id").textValue();
        assertThat(id).startsWith("chatcmpl-");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.path("id").textValue()).isEqualTo(id);
            assertThat(event.path("object").textValue()).isEqualTo("chat.completion.chunk");
            assertThat(event.path("model").textValue()).isEqualTo("chinese-llama-alpaca-2");
        });
        assertThat(engine.next().request().stop()).containsExactly("[INST]", "[/INST]");
    }

    @Test
    void aStreamSaysThatItsTextWasCutShort() throws Exception {
        engine = new FakeEngine(generation -> generation.start().say("a").finish(FinishReason.LIMIT, Optional.empty()));
        List<JsonNode> events = post("alpaca", "/v1/chat/completions", "{" + HELLO + ", \"stream\": true}")
                .events();
        assertThat(events.getLast().at("/choices/0/finish_reason").textValue()).isEqualTo("length");
    }

    @Test
    void embeddings() throws Exception {
        assertThat(answered("alpaca", "/v1/embeddings", "{\"input\": \"four\"}").toString())
                .isEqualTo(
                        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"embedding\":[0.0,4.0],\"index\":0}],"
                                + "\"model\":\"chinese-llama-alpaca\"}");
        assertThat(engine.lastEmbed())
                .isEqualTo(new Query.Embed(
                        List.of(new Prompt.Text("four", true, false)),
                        Pooling.MEAN,
                        Query.Embed.EUCLIDEAN,
                        OptionalInt.empty()));
        JsonNode several = answered("alpaca2", "/v1/embeddings", "{\"input\": [\"a\", \"bb\"]}");
        assertThat(several.path("data")).hasSize(2);
        assertThat(several.at("/data/1/embedding/1").doubleValue()).isCloseTo(2, within(0.0));
        assertThat(several.path("model").textValue()).isEqualTo("chinese-llama-alpaca-2");
    }

    @Test
    void onTheMainPortItAnswersWhatCanNotBeMeantForOpenAi() throws Exception {
        JsonNode chat = answered("main", "/v1/chat/completions", "{" + HELLO + "}");
        assertThat(chat.path("model").textValue()).isEqualTo("chinese-llama-alpaca");
        assertThat(chat.path("choices")).hasSize(2);
        JsonNode openAis = answered(
                "main", "/v1/chat/completions", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}");
        assertThat(openAis.path("model").textValue()).isEqualTo("fake");
        assertThat(openAis.path("choices")).hasSize(1);
        JsonNode named =
                answered("main", "/v1/completions", "{\"prompt\": \"Hello\", \"model\": \"chinese-llama-alpaca\"}");
        assertThat(named.at("/choices/0/text").textValue()).isEqualTo("Good day.");
        assertThat(answered("main", "/v1/completions", "{\"prompt\": \"Hello\"}")
                        .has("usage"))
                .isTrue();
        TestClient.Answer wrong = post("main", "/v1/chat/completions", "{" + HELLO + ", \"max_tokens\": \"many\"}");
        assertThat(wrong.status()).isEqualTo(422);
        assertThat(wrong.json().at("/detail/0/loc").toString()).isEqualTo("[\"body\",\"max_tokens\"]");
    }
}
