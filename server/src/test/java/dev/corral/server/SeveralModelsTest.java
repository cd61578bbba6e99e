package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.dialects.DialectPort;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.model.ModelLoader;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.model.ServedModel;
import dev.corral.server.worker.WorkerEngine;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two small models behind one port, each in this process or in a worker of its own. */
class SeveralModelsTest {

    @TempDir
    private Path folder;

    private Path first;
    private Path second;
    private SeveralModels server;
    private TestClient client;

    @BeforeEach
    void write() throws IOException {
        first = TinyModels.llama(Files.createDirectory(folder.resolve("a")), Recipe.named("first"));
        second = TinyModels.draft(Files.createDirectory(folder.resolve("b")));
    }

    @AfterEach
    void close() {
        if (server != null) {
            client.close();
            server.close();
        }
    }

    private static LocalEngineOptions options(Path file, String name) {
        return LocalEngineOptions.builder(file)
                .name(name)
                .contextSize(1024)
                .slots(2)
                .threads(1)
                .chatTemplate("{% for message in messages %}{{ message.content }}{% endfor %}")
                .build();
    }

    private static ModelLoader here(Path file, String name) {
        return progress -> LocalEngine.open(options(file, name), progress);
    }

    private static SeveralModels.Entry entry(String name, ModelLoader loader, boolean pinned) {
        return new SeveralModels.Entry(
                new ModelPlan(
                        name,
                        List.of(name + "-alias"),
                        List.of(),
                        name + ".gguf",
                        loader,
                        0,
                        new ModelPlan.Residence(pinned, false, Optional.empty(), Duration.ofMinutes(2))),
                Defaults.standard());
    }

    private void listen(SeveralModels.Entry... entries) throws IOException {
        listen(new ModelRegistry.Room(0, 0, true), entries);
    }

    private void listen(ModelRegistry.Room room, SeveralModels.Entry... entries) throws IOException {
        server = SeveralModels.listen(
                HttpSettings.loopback(0),
                List.of(entries),
                room,
                DialectSettings.of(List.of(
                        new DialectPort("openai", HttpSettings.loopback(0)),
                        new DialectPort("easylm", HttpSettings.loopback(0)))));
        client = TestClient.of(server.address());
    }

    private void listenToBoth() throws IOException {
        listen(entry("first", here(first, "first"), false), entry("second", here(second, "second"), false));
    }

    private String status(String name) throws InterruptedException {
        for (JsonNode model : client.get("/v1/models").json().get("data")) {
            if (model.get("id").textValue().equals(name)) {
                return model.at("/status/value").textValue();
            }
        }
        throw new AssertionError("no " + name);
    }

    @Test
    void petalsPageOffersAllModelsAndLoadsNone() throws Exception {
        listenToBoth();
        String page = client.get("/petals").text();
        assertThat(page).contains("\"modelConfigs\":{\"first\":").contains("\"defaultModel\":\"first\"");
        JsonNode models = client.get("/petals/models").json().path("modelConfigs");
        assertThat(models.path("second").path("backend").path("aliases").get(0).textValue())
                .isEqualTo("second-alias");
        assertThat(client.get("/easylm").status()).isEqualTo(200);
        assertThat(status("first")).isEqualTo("unloaded");
        assertThat(status("second")).isEqualTo("unloaded");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "/completion | {'model': '%s', 'prompt': 'Once', 'n_predict': 4, 'temperature': 0} | /model",
                "/v1/completions | {'model': '%s', 'prompt': 'Once', 'max_tokens': 4, 'temperature': 0} | /model",
                "/v1/chat/completions | {'model': '%s', 'messages': [{'role': 'user', 'content': 'Hi'}], 'max_tokens': 4} | /model",
                "/v1/messages | {'model': '%s', 'messages': [{'role': 'user', 'content': 'Hi'}], 'max_tokens': 4} | /model",
                "/api/chat | {'model': '%s', 'messages': [{'role': 'user', 'content': 'Hi'}], 'stream': false, 'options': {'num_predict': 4}} | /model",
                "/api/generate | {'model': '%s', 'prompt': 'Once', 'stream': false, 'options': {'num_predict': 4}} | /model",
                "/v1/responses | {'model': '%s', 'input': 'Hi', 'max_output_tokens': 16} | /model",
                "/v1/embeddings | {'model': '%s', 'input': 'Hi'} | /model",
            })
    void theFieldChoosesInEveryDialect(String path, String body, String named) throws Exception {
        listenToBoth();
        for (String name : List.of("second", "first")) {
            TestClient.Answer answer = client.post(path, body.formatted(name).replace('\'', '"'));
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.json().at(named).asText()).isEqualTo(name);
            assertThat(status(name)).isEqualTo("loaded");
        }
        TestClient.Answer unknown = client.post(path, body.formatted("third").replace('\'', '"'));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.errorMessage()).contains("there is no model 'third' here; there is 'first', 'second'");
    }

    @Test
    void aPortOfOneDialectHasAllModels() throws Exception {
        listenToBoth();
        try (TestClient openAi = TestClient.of(server.otherAddresses().get("openai"))) {
            assertThat(openAi.post("/v1/completions", "{\"model\": \"second\", \"prompt\": \"A\", \"max_tokens\": 1}")
                            .json()
                            .at("/model")
                            .asText())
                    .isEqualTo("second");
            assertThat(openAi.get("/v1/models").json().get("data")).hasSize(2);
        }
    }

    @Test
    void theQueryChoosesWhereThereIsNoBodyAndTheFirstIsMeantWhereNothingDoes() throws Exception {
        listenToBoth();
        assertThat(client.get("/props?model=second").json().at("/model_alias").asText())
                .isEqualTo("second");
        assertThat(client.get("/props").json().at("/model_alias").asText()).isEqualTo("first");
        assertThat(client.post("/tokenize", "{\"content\": \"Hello\"}").status())
                .isEqualTo(200);
        assertThat(client.get("/props?model=none").status()).isEqualTo(404);
        assertThat(client.post("/completion", "{\"model\": 7, \"prompt\": \"A\", \"n_predict\": 1}")
                        .status())
                .isIn(200, 400);
    }

    @Test
    void aliasesAndOllamasTagsAreUnderstood() throws Exception {
        listenToBoth();
        for (String name : List.of("second-alias", "second:latest", "second")) {
            TestClient.Answer answer = client.post(
                    "/api/generate",
                    "{\"model\": \"" + name
                            + "\", \"prompt\": \"A\", \"stream\": false, \"options\": {\"num_predict\": 1}}");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(status("second")).isEqualTo("loaded");
        }
        assertThat(status("first")).isEqualTo("unloaded");
    }

    @Test
    void allAreListedWithTheirStates() throws Exception {
        listenToBoth();
        assertThat(client.get("/health").status()).isEqualTo(200);
        assertThat(client.get("/ready").status()).isEqualTo(200);
        assertThat(status("first")).isEqualTo("unloaded");
        assertThat(client.get("/api/tags").json().get("models")).hasSize(2);
        assertThat(client.get("/api/ps").json().get("models")).isEmpty();
        assertThat(client.get("/metrics").text())
                .contains("corral:model_loaded{model_name=\"first\"} 0")
                .doesNotContain("llamacpp:tokens_predicted_total");
        client.post(
                "/completion", "{\"model\": \"second\", \"prompt\": \"A\", \"n_predict\": 3, \"ignore_eos\": true}");
        assertThat(client.get("/models").json().at("/data/1/meta/n_ctx").asInt())
                .isEqualTo(512);
        assertThat(client.get("/v1/models/second-alias")
                        .json()
                        .at("/status/value")
                        .asText())
                .isEqualTo("loaded");
        assertThat(client.get("/v1/models/none").status()).isEqualTo(404);
        assertThat(client.get("/api/ps").json().at("/models/0/name").asText()).isEqualTo("second");
        client.post("/completion", "{\"model\": \"first\", \"prompt\": \"A\", \"n_predict\": 5, \"ignore_eos\": true}");
        String metrics = client.get("/metrics").text();
        assertThat(metrics)
                .contains("llamacpp:tokens_predicted_total{model=\"first\"} 5")
                .contains("llamacpp:tokens_predicted_total{model=\"second\"} 3")
                .contains("vllm:generation_tokens_total{model_name=\"first\",engine=\"0\"} 5");
        assertThat(metrics.lines().filter(line -> line.startsWith("# TYPE ")).toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void modelsAreLoadedAndUnloadedByHand() throws Exception {
        listen(
                new ModelRegistry.Room(0, 0, false),
                entry("first", here(first, "first"), false),
                entry("second", here(second, "second"), false));
        String completion = "{\"model\": \"second\", \"prompt\": \"A\", \"n_predict\": 1}";
        assertThat(client.post("/completion", completion).status()).isEqualTo(503);
        assertThat(client.post("/models/load", "{\"model\": \"second\"}")
                        .json()
                        .at("/success")
                        .asBoolean())
                .isTrue();
        Conditions.await("it is loaded", () -> status("second").equals("loaded"));
        assertThat(client.post("/models/load", "{\"model\": \"second\"}").status())
                .isEqualTo(400);
        assertThat(client.post("/completion", completion).status()).isEqualTo(200);
        assertThat(client.post("/models/unload", "{\"model\": \"second\"}")
                        .json()
                        .at("/success")
                        .asBoolean())
                .isTrue();
        Conditions.await("it is unloaded", () -> status("second").equals("unloaded"));
        assertThat(client.post("/models/unload", "{\"model\": \"second\"}").status())
                .isEqualTo(400);
        assertThat(client.post("/models/unload", "{\"model\": \"third\"}").status())
                .isEqualTo(404);
        assertThat(client.post("/models/unload", "{}").status()).isEqualTo(400);
    }

    @Test
    void whoWatchesModelsIsToldOfThemUntilTheServerEnds() throws Exception {
        listenToBoth();
        try (RawClient watch =
                new RawClient(server.address()).send("GET /models/sse HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
            watch.readTo(":\n\n");
            client.post("/models/load", "{\"model\": \"second\"}");
            String begin = "{\"model\":\"second\",\"event\":\"model_status\",\"data\":{\"status\":";
            assertThat(watch.readTo("\"loaded\"}}\n\n"))
                    .contains("data: " + begin + "\"loading\"}}\n\n")
                    .contains(
                            begin + "\"loading\",\"progress\":{\"stages\":[\"text_model\"],\"current\":\"text_model\",")
                    .contains(begin + "\"loaded\"}}");
            client.post("/models/unload", "{\"model\": \"second\"}");
            assertThat(watch.readTo("}}\n\n")).contains(begin + "\"unloaded\",\"exit_code\":0}}");
            assertThat(server.shutDown(Duration.ofMinutes(1))).isTrue();
            watch.readTo("0\r\n\r\n");
        }
    }

    @Test
    void ollamasClientsSayHowLongAModelStays() throws Exception {
        listenToBoth();
        String chat = "{\"model\": \"second\", \"keep_alive\": ";
        assertThat(client.post("/api/chat", chat + "\"10m\"}")
                        .json()
                        .path("done_reason")
                        .textValue())
                .isEqualTo("load");
        JsonNode running = client.get("/api/ps").json().path("models");
        assertThat(running).hasSize(1);
        assertThat(Instant.parse(running.get(0).path("expires_at").textValue()))
                .isBetween(Instant.now().plusSeconds(300), Instant.now().plusSeconds(600));
        assertThat(client.post("/api/chat", chat + "-1}").status()).isEqualTo(200);
        assertThat(Instant.parse(
                        client.get("/api/ps").json().at("/models/0/expires_at").textValue()))
                .isAfter(Instant.now().plus(Duration.ofDays(30_000)));
        assertThat(client.post("/api/chat", chat + "0}")
                        .json()
                        .path("done_reason")
                        .textValue())
                .isEqualTo("unload");
        Conditions.await("it left", () -> status("second").equals("unloaded"));
        assertThat(client.get("/api/ps").json().path("models")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/chat", "/api/generate"})
    void whoWantsAModelGoneDoesNotLoadIt(String path) throws Exception {
        AtomicInteger loads = new AtomicInteger();
        ModelLoader counted = progress -> {
            loads.incrementAndGet();
            return LocalEngine.open(options(second, "second"), progress);
        };
        listen(entry("first", here(first, "first"), false), entry("second", counted, false));
        TestClient.Answer answer = client.post(path, "{\"model\": \"second:latest\", \"keep_alive\": 0}");
        assertThat(answer.json().path("done_reason").textValue()).isEqualTo("unload");
        assertThat(answer.json().path("model").textValue()).isEqualTo("second:latest");
        assertThat(loads).hasValue(0);
        assertThat(client.post(path, "{\"model\": \"second\", \"keep_alive\": \"soon\"}")
                        .status())
                .isEqualTo(400);
        assertThat(client.post(path, "{\"model\": \"third\", \"keep_alive\": 0}")
                        .status())
                .isEqualTo(404);
        assertThat(client.post(
                                path,
                                "{\"model\": \"second\", \"prompt\": \"A\", \"messages\": [{\"role\": \"user\","
                                        + " \"content\": \"A\"}], \"keep_alive\": 0, \"stream\": false,"
                                        + " \"options\": {\"num_predict\": 1}}")
                        .status())
                .isEqualTo(200);
        assertThat(loads).hasValue(1);
        Conditions.await("it left", () -> status("second").equals("unloaded"));
    }

    @Test
    void aModelThatCantBeLoadedSaysSoAndTheOthersAnswer() throws Exception {
        ModelLoader broken = progress -> {
            throw new IllegalStateException("/secret/broken.gguf is broken");
        };
        listen(entry("broken", broken, false), entry("second", here(second, "second"), false));
        TestClient.Answer answer = client.post("/completion", "{\"prompt\": \"A\", \"n_predict\": 1}");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.errorMessage()).contains("'broken' can't be loaded").doesNotContain("secret");
        assertThat(answer.header("Retry-After")).isPresent();
        assertThat(client.get("/models").json().at("/data/0/status/failed").asBoolean())
                .isTrue();
        assertThat(client.post("/completion", "{\"model\": \"second\", \"prompt\": \"A\", \"n_predict\": 1}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void readyMeansThatPinnedModelsAreLoaded() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        ModelLoader slow = progress -> {
            gate.await();
            return LocalEngine.open(options(first, "first"), progress);
        };
        listen(entry("first", slow, true), entry("second", here(second, "second"), false));
        assertThat(client.get("/ready").status()).isEqualTo(503);
        gate.countDown();
        Conditions.await("it is ready", () -> client.get("/ready").status() == 200);
    }

    @Test
    void theDeathOfOneModelsWorkerIsNothingToAnothersClient() throws Exception {
        AtomicReference<WorkerEngine> worker = new AtomicReference<>();
        ModelLoader inWorker = progress -> {
            WorkerEngine engine = WorkerEngine.open(options(first, "first"), progress);
            worker.set(engine);
            return engine;
        };
        listen(
                entry("first", inWorker, false),
                entry("second", progress -> WorkerEngine.open(options(second, "second"), progress), false));
        client.post("/completion", "{\"model\": \"first\", \"prompt\": \"A\", \"n_predict\": 1}");
        try (RawClient stream = new RawClient(server.address())
                .post(
                        "/completion",
                        "{\"model\": \"second\", \"prompt\": \"Once\", \"n_predict\": 400, \"ignore_eos\": true,"
                                + " \"stream\": true}")) {
            stream.readTo("data: ");
            long dead = worker.get().pid();
            assertThat(ProcessHandle.of(dead).orElseThrow().destroyForcibly()).isTrue();
            assertThat(stream.readTo("\r\n0\r\n\r\n"))
                    .contains("\"tokens_predicted\":400")
                    .contains("\"stop\":true");
            Conditions.await(
                    "the other is there again",
                    () -> worker.get().pid() != dead && worker.get().ready());
        }
        assertThat(client.post("/completion", "{\"model\": \"first\", \"prompt\": \"A\", \"n_predict\": 1}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void unloadingWaitsForAStreamThatRuns() throws Exception {
        listenToBoth();
        try (RawClient stream = new RawClient(server.address())
                .post(
                        "/completion",
                        "{\"model\": \"first\", \"prompt\": \"Once\", \"n_predict\": 300, \"ignore_eos\": true,"
                                + " \"stream\": true}")) {
            stream.readTo("data: ");
            client.post("/models/unload", "{\"model\": \"first\"}");
            assertThat(stream.readTo("\r\n0\r\n\r\n")).contains("\"tokens_predicted\":300");
        }
        Conditions.await("it is unloaded", () -> status("first").equals("unloaded"));
        ServedModel model = server.registry().require("first");
        assertThat(model.state().engine()).isEmpty();
    }

    @Test
    void manyClientsOfModelsThatTakeTurns() throws Exception {
        listen(
                new ModelRegistry.Room(1, 0, true),
                entry("first", here(first, "first"), false),
                entry("second", here(second, "second"), false));
        List<Thread> crowd = new ArrayList<>();
        List<TestClient.Answer> answers = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 12; i++) {
            String name = i % 3 == 0 ? "first" : "second";
            crowd.add(Thread.ofVirtual().start(() -> {
                try {
                    answers.add(client.post(
                            "/completion", "{\"model\": \"" + name + "\", \"prompt\": \"Once\", \"n_predict\": 8}"));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        for (Thread thread : crowd) {
            thread.join();
        }
        assertThat(answers)
                .hasSize(12)
                .allSatisfy(
                        answer -> assertThat(answer.status()).as(answer.text()).isEqualTo(200));
    }
}
