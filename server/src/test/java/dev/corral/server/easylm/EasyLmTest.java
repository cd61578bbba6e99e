package dev.corral.server.easylm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.client.EasyLmClient;
import dev.corral.client.EasyLmException;
import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.SamplerKind;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.petals.PetalsSettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** EasyLM's routes before an engine that follows a script. */
class EasyLmTest {

    /** What a dialogue of Koala, EasyLM's own model, looks like. */
    private static final ChatAffixes KOALA =
            new ChatAffixes("BEGINNING OF CONVERSATION: ", "USER: ", " ", "GPT:", "</s>");

    private RunningServer running;

    private TestClient start(FakeEngine engine, EasyLmSettings settings) throws Exception {
        running = RunningServer.of(engine, HttpSettings.loopback(0), PetalsSettings.STANDARD, settings);
        return running.client();
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private static String promptOf(Generate request) {
        return ((Prompt.Ids) request.prompt())
                .tokens().stream().mapToObj(token -> Character.toString(token)).collect(Collectors.joining());
    }

    private static FakeEngine ending(FinishReason reason, String... pieces) {
        return new FakeEngine(generation -> generation.start().say(pieces).finish(reason, Optional.empty()));
    }

    @Test
    void textsAreGeneratedForEveryPrefix() throws Exception {
        FakeEngine engine = FakeEngine.saying(" there", " was");
        TestClient client = start(engine, EasyLmSettings.STANDARD.withLengths(10, 30));
        TestClient.Answer answer =
                client.post("/generate", "{\"prefix_text\": [\"Once upon a time\", \"x\"], \"temperature\": 0.5}");
        assertThat(answer.text())
                .isEqualTo(
                        "{\"prefix_text\":[\"Once upon a time\",\"x\"],\"output_text\":[\" there was\",\" there was\"],"
                                + "\"temperature\":0.5}");
        Generate first = engine.next().request();
        // the BOS token, and the last ten tokens of the prefix
        assertThat(promptOf(first)).isEqualTo("<s>" + "pon a time");
        assertThat(first.limits().maxTokens()).isEqualTo(20);
        assertThat(first.sampling().samplers()).isEqualTo(SamplerKind.HUGGING_FACE_ORDER);
        assertThat(first.sampling().temperature()).isEqualTo(0.5);
        assertThat(first.sampling().topK()).isEqualTo(50);
        assertThat(first.sampling().seed()).isEqualTo(42);
        assertThat(engine.next().request().sampling().seed()).isEqualTo(43);
    }

    @Test
    void noTemperatureIsTheServersAndNoneAtAllIsGreedy() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        TestClient client = start(engine, EasyLmSettings.STANDARD);
        assertThat(client.post("/generate", "{\"prefix_text\": [\"x\"], \"temperature\": null}")
                        .json()
                        .path("temperature")
                        .doubleValue())
                .isEqualTo(1);
        assertThat(engine.next().request().sampling().temperature()).isEqualTo(1);
        client.post("/generate", "{\"prefix_text\": [\"x\"], \"temperature\": 0}");
        assertThat(engine.next().request().sampling().greedy()).isTrue();
    }

    @Test
    void aLongListLeavesRoomForOthers() throws Exception {
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        FakeEngine engine = new FakeEngine(generation -> {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            generation.start().say(promptOf(generation.request()).substring(3));
            atOnce.decrementAndGet();
            generation.finish();
        });
        TestClient client = start(engine, EasyLmSettings.STANDARD);
        String prefixes = IntStream.range(0, 300).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
        JsonNode outputs = client.post("/generate", "{\"prefix_text\": [" + prefixes + "]}")
                .json()
                .path("output_text");
        for (int i = 0; i < 300; i++) {
            assertThat(outputs.get(i).textValue()).isEqualTo(Integer.toString(i));
        }
        assertThat(most.get()).isBetween(1, 8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/greedy-until", "/greedy_until"})
    void greedyTextsEndWhereTheyShould(String path) throws Exception {
        FakeEngine engine = ending(FinishReason.STOP_STRING, " 3, 4");
        TestClient client = start(engine, EasyLmSettings.STANDARD);
        TestClient.Answer answer = client.post(path, "{\"prefix_text\": [\"1, 2,\"], \"until\": [\".\", \"5\"]}");
        assertThat(answer.text())
                .isEqualTo("{\"prefix_text\":[\"1, 2,\"],\"until\":[\".\",\"5\"],\"max_length\":5000,"
                        + "\"output_text\":[\" 3, 4\"]}");
        Generate request = engine.next().request();
        assertThat(request.sampling().greedy()).isTrue();
        assertThat(request.stop()).containsExactly(".", "5");
        client.post(path, "{\"prefix_text\": [\"a\", \"b\"], \"until\": [[\"1\"], [\"2\", \"3\"]], \"max_length\": 7}");
        Generate first = engine.next().request();
        assertThat(first.stop()).containsExactly("1");
        assertThat(first.limits().maxTokens()).isEqualTo(7);
        assertThat(engine.next().request().stop()).containsExactly("2", "3");
    }

    @Test
    void aGreedyTextGoesOnInRounds() throws Exception {
        AtomicInteger round = new AtomicInteger();
        FakeEngine engine = new FakeEngine(generation -> {
            String text = List.of("abcd", "efSTghij", "never").get(round.getAndIncrement());
            generation.start();
            for (String letter : text.split("")) {
                generation.say(letter);
            }
            generation.finish(FinishReason.LIMIT, Optional.empty());
        });
        TestClient client = start(engine, EasyLmSettings.STANDARD.withLengths(6, 10));
        // "dST" is in no round alone, and a text is cut before what ends it even so
        String answer = client.post("/greedy-until", "{\"prefix_text\": [\"12\"], \"until\": [\"fST\", \"de\"]}")
                .json()
                .path("output_text")
                .get(0)
                .textValue();
        assertThat(answer).isEqualTo("abc");
        assertThat(promptOf(engine.next().request())).isEqualTo("<s>12");
        assertThat(promptOf(engine.next().request())).isEqualTo("<s>12abcd");
    }

    @Test
    void aDialogueGoesAlongInItsContext() throws Exception {
        FakeEngine engine = FakeEngine.saying(" Hello!");
        TestClient client = start(engine, EasyLmSettings.STANDARD.with(KOALA));
        TestClient.Answer first = client.post("/chat", "{\"prompt\": \"Hi\", \"temperature\": 0.7}");
        assertThat(first.text())
                .isEqualTo("{\"response\":\" Hello!\",\"context\":\"USER: Hi GPT: Hello!</s>\",\"temperature\":0.7}");
        client.post("/chat", "{\"prompt\": \"Bye\", \"context\": \"USER: Hi GPT: Hello!</s>\"}");
        assertThat(promptOf(engine.next().request())).isEqualTo("<s>BEGINNING OF CONVERSATION: USER: Hi GPT:");
        assertThat(promptOf(engine.next().request()))
                .isEqualTo("<s>BEGINNING OF CONVERSATION: USER: Hi GPT: Hello!</s>USER: Bye GPT:");
    }

    @Test
    void whatIsPutAroundTextsIsNotEchoed() throws Exception {
        EasyLmSettings standard = EasyLmSettings.STANDARD;
        EasyLmSettings around = new EasyLmSettings(
                0,
                false,
                Set.of("all"),
                5000,
                1024,
                2048,
                false,
                standard.decoding(),
                new TextAffixes("<", ">", "[", "]"),
                standard.chat(),
                "");
        FakeEngine engine = FakeEngine.saying("a");
        TestClient client = start(engine, around);
        engine.next(); // the warm-up
        assertThat(client.post("/generate", "{\"prefix_text\": [\"x\"]}")
                        .json()
                        .path("prefix_text")
                        .get(0)
                        .textValue())
                .isEqualTo("x");
        assertThat(promptOf(engine.next().request())).isEqualTo("<x>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/loglikelihood|{}|text",
                "/loglikelihood|{\"text\": \"a\"}|text",
                "/loglikelihood|{\"text\": [\"a\", 1]}|text[1]",
                "/loglikelihood|{\"text\": [\"a\"], \"prefix_text\": []}|prefix_text",
                "/loglikelihood-rolling|{\"text\": {}}|text",
                "/generate|{\"prefix_text\": [\"a\"], \"temperature\": -1}|temperature",
                "/generate|{\"prefix_text\": null}|prefix_text",
                "/greedy-until|{\"prefix_text\": [\"a\"]}|until",
                "/greedy-until|{\"prefix_text\": [\"a\"], \"until\": [[\"b\"], [\"c\"]]}|until",
                "/greedy-until|{\"prefix_text\": [\"a\"], \"until\": [\"b\"], \"max_length\": 0}|max_length",
                "/chat|{\"prompt\": [\"a\"]}|prompt",
                "/chat|{\"prompt\": \"a\", \"context\": 3}|context"
            })
    void whatIsWrongIsNamedAsFastApiDoes(String line) throws Exception {
        String[] parts = line.split("\\|");
        TestClient client = start(FakeEngine.saying("a"), EasyLmSettings.STANDARD);
        TestClient.Answer answer = client.post(parts[0], parts[1]);
        assertThat(answer.status()).isEqualTo(422);
        JsonNode detail = answer.json().path("detail").get(0);
        assertThat(detail.path("loc").get(0).textValue()).isEqualTo("body");
        assertThat(detail.path("loc").get(1).textValue()).isEqualTo(parts[2]);
        assertThat(detail.path("msg").textValue()).matches("Input should .*|Field required");
        assertThat(detail.path("type").textValue()).isNotEmpty();
    }

    @Test
    void errorsOfTheEngineKeepTheirStatus() throws Exception {
        TestClient client =
                start(FakeEngine.failing(new EngineError.Busy(3, Duration.ofSeconds(2))), EasyLmSettings.STANDARD);
        TestClient.Answer answer = client.post("/generate", "{\"prefix_text\": [\"a\"]}");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).contains("2");
        assertThat(answer.json().path("detail").textValue()).contains("no room");
    }

    @Test
    void itsOwnPortIsAsTheOriginals() throws Exception {
        EasyLmSettings standard = EasyLmSettings.STANDARD;
        EasyLmSettings noted = new EasyLmSettings(
                0,
                false,
                Set.of(),
                5000,
                1024,
                2048,
                true,
                standard.decoding(),
                standard.affixes(),
                standard.chat(),
                "Say </script> hello");
        start(FakeEngine.saying("a"), noted);
        try (TestClient own = running.clientOf("easylm")) {
            assertThat(own.get("/ready").text()).isEqualTo("\"Ready!\\n\"");
            assertThat(own.get("/").text())
                    .contains("\"notes\":\"Say \\u003c/script> hello\"")
                    .contains("type=\"range\" min=\"0\" max=\"2\"");
            assertThat(own.get("/easylm/chat.js").status()).isEqualTo(200);
            assertThat(own.get("/v1/models").status()).isEqualTo(404);
            assertThat(own.get("/v1/models").json().path("detail").textValue()).isNotEmpty();
        }
        assertThat(running.client().get("/easylm").status()).isEqualTo(200);
        assertThat(running.client().get("/ready").json().path("status").textValue())
                .isEqualTo("ready");
    }

    @Test
    void theJavaClientAsksEveryRoute() throws Exception {
        FakeEngine engine = FakeEngine.saying(" Hello!");
        start(engine, EasyLmSettings.STANDARD.with(KOALA));
        URI url = running.server().otherAddresses().get("easylm");
        try (EasyLmClient client = EasyLmClient.open(url, true)) {
            assertThat(client.loglikelihood(List.of("a", "b"), List.of("c", "d")))
                    .containsExactly(new EasyLmClient.Score(0, true), new EasyLmClient.Score(0, true));
            assertThat(client.loglikelihoodRolling(List.of("a"))).containsExactly(new EasyLmClient.Score(0, true));
            assertThat(client.generate(List.of("x", "y"), OptionalDouble.of(0.5)))
                    .containsExactly(" Hello!", " Hello!");
            assertThat(client.greedyUntil(List.of("x"), List.of(List.of("z")))).containsExactly(" Hello!");
            EasyLmClient.Turn turn = client.chat("Hi", "", OptionalDouble.empty());
            assertThat(turn).isEqualTo(new EasyLmClient.Turn(" Hello!", "USER: Hi GPT: Hello!</s>"));
            assertThatThrownBy(() -> client.generate(List.of("x"), OptionalDouble.of(-1)))
                    .isInstanceOf(EasyLmException.class)
                    .hasMessageContaining("422")
                    .hasMessageContaining("temperature");
        }
        try (EasyLmClient dummy = EasyLmClient.dummy()) {
            assertThat(dummy.loglikelihood(List.of("a"), List.of("c")))
                    .containsExactly(new EasyLmClient.Score(-1, false));
            assertThat(dummy.generate(List.of("x", "y"), OptionalDouble.empty()))
                    .hasSize(2);
            assertThat(dummy.greedyUntil(List.of("x"), List.of(List.of("z")))).hasSize(1);
            assertThat(dummy.chat("Hi", "c", OptionalDouble.empty()).context()).startsWith("cHi");
        }
    }

    @Test
    void theJavaClientWaitsForTheModel() throws Exception {
        running = RunningServer.loading(HttpSettings.loopback(0).withApiKeys(List.of("k-one")), Defaults.standard());
        URI url = running.server().address();
        try (ExecutorService waiting = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EasyLmClient> opened = waiting.submit(() -> EasyLmClient.open(url, true, Optional.of("k-one")));
            assertThat(running.client().get("/ready").status()).isEqualTo(503);
            assertThat(opened.isDone()).isFalse();
            running.server().serve(FakeEngine.saying(" Hello!"));
            try (EasyLmClient client = opened.get()) {
                assertThat(client.loglikelihood(List.of("a"), List.of("b"))).hasSize(1);
            }
        }
        try (EasyLmClient stranger = EasyLmClient.open(url, false)) {
            assertThatThrownBy(() -> stranger.loglikelihoodRolling(List.of("a")))
                    .isInstanceOf(EasyLmException.class)
                    .hasMessageContaining("401");
        }
    }
}
