package dev.corral.server.petals;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.SamplerKind;
import dev.corral.server.Conditions;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Fields;
import dev.corral.server.http.HttpSettings;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Petals by HTTP: parameters, sessions, and the words of its errors. */
class PetalsTest {

    private FakeEngine engine;
    private RunningServer running;

    /** Says one letter a token, as many as it is asked for. */
    private static FakeEngine tireless() {
        return new FakeEngine(generation -> {
            generation.start();
            for (int i = 0; i < generation.request().limits().maxTokens(); i++) {
                generation.say("x");
            }
            generation.finish(FinishReason.LIMIT, Optional.empty());
        });
    }

    @BeforeEach
    void start() throws Exception {
        engine = tireless();
        running = RunningServer.of(engine);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private void restart(FakeEngine other, PetalsSettings settings) throws Exception {
        running.close();
        engine = other;
        running = RunningServer.of(other, HttpSettings.loopback(0), settings, EasyLmSettings.STANDARD);
    }

    private TestClient.Answer form(String body) throws Exception {
        return running.client()
                .send(running.client()
                        .request("/api/v1/generate", "Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private String open(String query) throws Exception {
        TestClient.Answer answer = running.client().get("/api/v1/open_inference_session" + query);
        assertThat(answer.text()).startsWith("{\"ok\":true,\"session_id\":\"");
        return answer.json().path("session_id").textValue();
    }

    /** The last line of the traceback. */
    private static String error(TestClient.Answer answer) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).startsWith("{\"ok\":false,\"traceback\":\"Traceback (most recent call last):\\n");
        assertThat(answer.json().has("outputs")).isFalse();
        List<String> lines = answer.json().path("traceback").textValue().lines().toList();
        return lines.getLast();
    }

    private static String promptOf(Generate request) {
        StringBuilder text = new StringBuilder();
        ((Prompt.Ids) request.prompt()).tokens().stream().forEach(token -> text.append((char) token));
        return text.toString();
    }

    @Test
    void parametersComeByFormQueryOrJson() throws Exception {
        String wanted = "{\"ok\":true,\"outputs\":\"xxx\"}";
        assertThat(form("inputs=Once%20upon+a%20time%2C&max_new_tokens=3").text())
                .isEqualTo(wanted);
        assertThat(promptOf(engine.next().request())).isEqualTo("Once upon a time,");
        assertThat(running.client()
                        .post("/api/v1/generate?inputs=abc&max_new_tokens=3", "")
                        .text())
                .isEqualTo(wanted);
        assertThat(running.client()
                        .post("/api/v1/generate", "{\"inputs\": \"abc\", \"max_new_tokens\": 3, \"do_sample\": true}")
                        .text())
                .isEqualTo(wanted);
        String multipart = "--b\r\nContent-Disposition: form-data; name=\"inputs\"\r\n\r\nä\r\nb\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"max_new_tokens\"\r\n\r\n3\r\n--b--\r\n";
        assertThat(running.client()
                        .post("/api/v1/generate", multipart, "Content-Type", "multipart/form-data; boundary=b")
                        .text())
                .isEqualTo(wanted);
        engine.next();
        engine.next();
        assertThat(promptOf(engine.next().request())).isEqualTo("ä\r\nb");
    }

    @Test
    void theQueryGoesBeforeTheForm() throws Exception {
        running.client().post("/api/v1/generate?inputs=query", "inputs=form&max_new_tokens=1");
        assertThat(promptOf(engine.next().request())).isEqualTo("query");
    }

    @Test
    void samplersAreInHuggingFacesOrder() throws Exception {
        form("inputs=a&max_new_tokens=1&do_sample=1&temperature=0.75&top_p=0.9&top_k=7&repetition_penalty=1.2");
        Generate sampled = engine.next().request();
        assertThat(sampled.sampling().samplers()).isEqualTo(SamplerKind.HUGGING_FACE_ORDER);
        assertThat(sampled.sampling().temperature()).isEqualTo(0.75);
        assertThat(sampled.sampling().topP()).isEqualTo(0.9);
        assertThat(sampled.sampling().topK()).isEqualTo(7);
        assertThat(sampled.sampling().minP()).isZero();
        assertThat(sampled.sampling().penalties().repeat()).isEqualTo(1.2);
        assertThat(sampled.sampling().penalties().lastN()).isEqualTo(-1);
        form("inputs=a&max_new_tokens=1&do_sample=1");
        Generate plain = engine.next().request();
        assertThat(plain.sampling().temperature()).isEqualTo(1);
        assertThat(plain.sampling().topK()).isZero();
        form("inputs=a&max_new_tokens=1&temperature=0.75&repetition_penalty=1.2");
        Generate greedy = engine.next().request();
        assertThat(greedy.sampling().greedy()).isTrue();
        assertThat(greedy.sampling().penalties().repeat()).isEqualTo(1.2);
    }

    @Test
    void aSessionHoldsAllTokens() throws Exception {
        String id = open("?max_length=768");
        assertThat(id).matches("[0-9a-f]{32}");
        form("session_id=" + id + "&inputs=ab&max_new_tokens=1");
        form("session_id=" + id + "&max_new_tokens=2");
        form("session_id=" + id + "&inputs=cd&max_new_tokens=1");
        assertThat(promptOf(engine.next().request())).isEqualTo("ab");
        assertThat(promptOf(engine.next().request())).isEqualTo("abx");
        assertThat(promptOf(engine.next().request())).isEqualTo("abxxxcd");
        TestClient.Answer closed = running.client().get("/api/v1/close_inference_session?session_id=" + id);
        assertThat(closed.text()).isEqualTo("{\"ok\":true,\"session_id\":\"" + id + "\"}");
        assertThat(engine.nextVacated().tokens().size()).isEqualTo(8);
        assertThat(error(form("session_id=" + id + "&max_new_tokens=1")))
                .isEqualTo("KeyError: 'Session " + id + " expired or does not exist'")
                .containsPattern("Session .+ expired");
    }

    @Test
    void callsOfOneSessionWaitForEachOther() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        restart(
                new FakeEngine(generation -> {
                    generation.start();
                    if (promptOf(generation.request()).equals("a")) {
                        first.await();
                    }
                    generation.say("x").finish(FinishReason.LIMIT, Optional.empty());
                }),
                PetalsSettings.STANDARD);
        String id = open("");
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<TestClient.Answer> one =
                    callers.submit(() -> form("session_id=" + id + "&inputs=a&max_new_tokens=1"));
            assertThat(promptOf(engine.next().request())).isEqualTo("a");
            Future<TestClient.Answer> two =
                    callers.submit(() -> form("session_id=" + id + "&inputs=b&max_new_tokens=1"));
            first.countDown();
            assertThat(one.get().text()).isEqualTo("{\"ok\":true,\"outputs\":\"x\"}");
            assertThat(two.get().text()).isEqualTo("{\"ok\":true,\"outputs\":\"x\"}");
        }
        assertThat(promptOf(engine.next().request())).isEqualTo("axb");
    }

    @Test
    void closingIsIdempotent() throws Exception {
        assertThat(running.client().get("/api/v1/close_inference_session").text())
                .isEqualTo("{\"ok\":true,\"session_id\":null}");
        assertThat(running.client()
                        .get("/api/v1/close_inference_session?session_id=none")
                        .text())
                .isEqualTo("{\"ok\":true,\"session_id\":\"none\"}");
    }

    @Test
    void aTextWithoutInputsBeginsWithItsFirstToken() throws Exception {
        String id = open("");
        assertThat(form("session_id=" + id + "&max_new_tokens=2").text())
                .isEqualTo("{\"ok\":true,\"outputs\":\"<s>xx\"}");
        assertThat(form("session_id=" + id + "&max_new_tokens=2").text()).isEqualTo("{\"ok\":true,\"outputs\":\"xx\"}");
        assertThat(form("max_new_tokens=2").text()).isEqualTo("{\"ok\":true,\"outputs\":\"<s>xx\"}");
    }

    @Test
    void lengthsAreCheckedInTheOriginalsWords() throws Exception {
        String neither = "AssertionError: please set max_length or max_new_tokens (not both)";
        assertThat(error(form("inputs=abcdef"))).isEqualTo(neither);
        assertThat(error(form("inputs=abcdef&max_length=9&max_new_tokens=9"))).isEqualTo(neither);
        assertThat(error(form("inputs=abcdef&max_length=6")))
                .isEqualTo("AssertionError: Provided max_length is less than prefix size: 6 < 6");
        assertThat(form("inputs=abcdef&max_length=8").text()).isEqualTo("{\"ok\":true,\"outputs\":\"xx\"}");
        assertThat(error(form("inputs=a&max_new_tokens=True")))
                .isEqualTo("ValueError: invalid literal for int() with base 10: 'True'");
        assertThat(error(form("inputs=a&max_new_tokens=1&do_sample=True")))
                .isEqualTo("ValueError: invalid literal for int() with base 10: 'True'");
        assertThat(error(form("inputs=a&max_new_tokens=1&temperature=warm")))
                .isEqualTo("ValueError: could not convert string to float: 'warm'");
        assertThat(error(form("inputs=a&max_new_tokens=0")))
                .startsWith("ValueError: 'max_new_tokens' must be at least 1");
        assertThat(error(form("inputs=a&max_new_tokens=1&do_sample=1&top_p=1.5")))
                .contains("top_p")
                .contains("1.5");
    }

    @Test
    void aSessionHasRoomForItsLengthAndTheLastToken() throws Exception {
        String id = open("?max_length=10");
        assertThat(form("session_id=" + id + "&inputs=abcdef&max_new_tokens=5").text())
                .isEqualTo("{\"ok\":true,\"outputs\":\"xxxxx\"}");
        assertThat(error(form("session_id=" + id + "&max_new_tokens=1")))
                .isEqualTo(
                        "ValueError: Maximum length exceeded: prefix 10 + current 1 exceeds pre-allocated maximum 10");
        String other = open("?max_length=10");
        assertThat(error(form("session_id=" + other + "&inputs=abcdef&max_new_tokens=6")))
                .isEqualTo(
                        "ValueError: Maximum length exceeded: prefix 10 + current 1 exceeds pre-allocated maximum 10");
        assertThat(error(form("session_id=" + other + "&inputs=abcdefghijk&max_new_tokens=1")))
                .isEqualTo(
                        "ValueError: Maximum length exceeded: prefix 0 + current 11 exceeds pre-allocated maximum 10");
        // a call that failed has left the session as it was
        assertThat(form("session_id=" + other + "&inputs=abcdef&max_new_tokens=5")
                        .text())
                .isEqualTo("{\"ok\":true,\"outputs\":\"xxxxx\"}");
    }

    @Test
    void sessionsAreLimited() throws Exception {
        restart(tireless(), new PetalsSettings(2, Duration.ofMinutes(5), List.of()));
        open("");
        String second = open("");
        assertThat(error(running.client().get("/api/v1/open_inference_session")))
                .isEqualTo("RuntimeError: Too many opened inference sessions (max 2), please come back later");
        running.client().get("/api/v1/close_inference_session?session_id=" + second);
        open("");
    }

    @Test
    void aSessionThatNobodyUsesExpires() throws Exception {
        restart(tireless(), new PetalsSettings(1, Duration.ofSeconds(2), List.of()));
        String id = open("");
        form("session_id=" + id + "&inputs=a&max_new_tokens=1");
        assertThat(engine.nextVacated().tokens().size()).isEqualTo(2);
        assertThat(error(form("session_id=" + id + "&max_new_tokens=1"))).contains("expired");
        Conditions.await(
                "room for another",
                () -> running.client()
                        .get("/api/v1/open_inference_session")
                        .json()
                        .path("ok")
                        .booleanValue());
    }

    @Test
    void aSessionBelongsToItsKey() throws Exception {
        running.close();
        running = RunningServer.of(
                tireless(),
                HttpSettings.loopback(0).withApiKeys(List.of("one", "two")),
                PetalsSettings.STANDARD,
                EasyLmSettings.STANDARD);
        String id = running.client()
                .get("/api/v1/open_inference_session", "X-Api-Key", "one")
                .json()
                .path("session_id")
                .textValue();
        String body = "{\"session_id\": \"" + id + "\", \"inputs\": \"a\", \"max_new_tokens\": 1}";
        assertThat(error(running.client().post("/api/v1/generate", body, "X-Api-Key", "two")))
                .contains("does not exist");
        assertThat(running.client()
                        .post("/api/v1/generate", body, "X-Api-Key", "one")
                        .json()
                        .path("ok")
                        .booleanValue())
                .isTrue();
        assertThat(running.client().get("/api/v1/open_inference_session").status())
                .isEqualTo(401);
    }

    @Test
    void thePageIsForEverybodyAndItsModelsForThoseWithAKey() throws Exception {
        running.close();
        running = RunningServer.of(
                tireless(),
                HttpSettings.loopback(0).withApiKeys(List.of("one")),
                PetalsSettings.STANDARD,
                EasyLmSettings.STANDARD);
        for (TestClient client : List.of(running.client(), running.clientOf("petals"))) {
            assertThat(client.get("/petals").text())
                    .contains("<script type=\"application/json\" id=\"config\">{}</script>")
                    .doesNotContain("fake");
            assertThat(client.get("/petals", "X-Api-Key", "one").text()).contains("\"defaultModel\":\"fake\"");
            assertThat(client.get("/petals/models").status()).isEqualTo(401);
            TestClient.Answer models = client.get("/petals/models", "X-Api-Key", "one");
            assertThat(models.json().path("defaultModel").textValue()).isEqualTo("fake");
            assertThat(models.json()
                            .path("modelConfigs")
                            .path("fake")
                            .path("backend")
                            .path("key")
                            .textValue())
                    .isEqualTo("fake");
        }
        assertThat(running.clientOf("petals").get("/").status()).isEqualTo(200);
        assertThat(running.clientOf("easylm").get("/").status()).isEqualTo(200);
    }

    @Test
    void thePageIsThereBeforeTheModel() throws Exception {
        try (RunningServer loading = RunningServer.loading(HttpSettings.loopback(0), Defaults.standard())) {
            assertThat(loading.client().get("/petals").text()).contains("id=\"config\">{}</script>");
            assertThat(error(loading.client().get("/petals/models"))).isEqualTo("RuntimeError: Loading model");
        }
    }

    @Test
    void errorsOfTheEngineAreTracebacks() throws Exception {
        restart(FakeEngine.failing(new EngineError.Busy(3, Duration.ofSeconds(1))), PetalsSettings.STANDARD);
        assertThat(error(form("inputs=a&max_new_tokens=1"))).contains("attention cache is full");
        restart(FakeEngine.failing(new EngineError.DeadlineExceeded(Duration.ofSeconds(1))), PetalsSettings.STANDARD);
        assertThat(error(form("inputs=a&max_new_tokens=1"))).startsWith("TimeoutError: ");
    }

    @Test
    void onlyRoutingHasAStatusOfItsOwn() throws Exception {
        TestClient.Answer wrong = running.client().get("/api/v1/generate");
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.header("Allow")).contains("POST");
        assertThat(running.client().get("/api/v1/nothing").status()).isEqualTo(404);
        assertThat(error(running.client().post("/api/v1/generate", "{\"inputs\": 3, \"max_new_tokens\": 1}")))
                .contains("inputs");
        assertThat(error(running.client().post("/api/v1/generate", "{broken"))).contains("JSON");
    }

    @Test
    void modelsAreFoundByEveryName() throws Exception {
        for (String name : List.of("fake", "other-name", "default", "fake-1b.Q8_0")) {
            assertThat(form("model=" + name + "&inputs=a&max_new_tokens=1")
                            .json()
                            .path("ok")
                            .booleanValue())
                    .as(name)
                    .isTrue();
        }
        assertThat(error(form("model=gpt-5&inputs=a&max_new_tokens=1"))).isEqualTo("KeyError: 'gpt-5'");
    }

    @Test
    void aModelMayBeKeptFromOthersThanThePage() throws Exception {
        String config = "{\"Closed\": {\"backend\": {\"repository\": \"org/closed\", \"aliases\": [\"c\"],"
                + " \"public_api\": false}, \"chat\": {\"stop_token\": \"</s><script>\"}},"
                + " \"Open\": {\"backend\": {\"repository\": \"org/open\"}}}";
        List<ModelConfig> models = ModelConfig.read(Fields.ofJson(config.getBytes(StandardCharsets.UTF_8)));
        restart(tireless(), new PetalsSettings(50, Duration.ofMinutes(5), models));
        String closed = URLEncoder.encode("org/closed", StandardCharsets.UTF_8);
        assertThat(error(form("model=" + closed + "&inputs=a&max_new_tokens=1")))
                .isEqualTo("ValueError: We do not provide public API for org/closed due to license restrictions");
        assertThat(error(form("model=c&inputs=a&max_new_tokens=1"))).contains("public API for c");
        assertThat(form("model=org/open&inputs=a&max_new_tokens=1")
                        .json()
                        .path("ok")
                        .booleanValue())
                .isTrue();
        TestClient.Answer page = running.clientOf("petals").get("/");
        assertThat(page.header("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.header("Content-Security-Policy").orElse("")).contains("script-src 'self'");
        assertThat(page.text())
                .contains("\"modelConfigs\":{\"Closed\":")
                .contains("\"defaultModel\":\"Closed\"")
                .contains("\"max_session_length\":1023")
                .contains("\"generation_params\":{\"do_sample\":1,\"temperature\":0.6,\"top_p\":0.9}")
                .contains("\\u003c/s>\\u003cscript>")
                .doesNotContain("<script>\"");
        assertThat(running.client().get("/petals/chat.js").header("Content-Type"))
                .contains("text/javascript; charset=utf-8");
    }
}
