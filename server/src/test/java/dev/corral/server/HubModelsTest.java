package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.hub.HubServer;
import dev.corral.server.hub.HubSettings;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients bring models of a hub on this machine, talk to them and delete them, in the dialects of llama.cpp and Ollama. */
class HubModelsTest {

    private static final String FILE = "tiny-F32.gguf";
    private static final String NAME = "acme/tiny:F32";

    /** A part of the file. */
    private static final int BYTES = 50_000;

    @TempDir
    private Path folder;

    private HubServer hub;
    private Path root;
    private Path other;
    private Optional<SeveralModels> server = Optional.empty();
    private TestClient client;

    @BeforeEach
    void publish() throws IOException {
        Path tiny = TinyModels.llama(Files.createDirectory(folder.resolve("tiny")));
        other = TinyModels.draft(Files.createDirectory(folder.resolve("other")));
        root = folder.resolve("models");
        hub = new HubServer("acme/tiny").with(FILE, Files.readAllBytes(tiny));
        client = TestClient.of(hub.address());
    }

    @AfterEach
    void close() {
        client.close();
        server.ifPresent(SeveralModels::close);
        hub.close();
    }

    private ModelPlan plan(StoredModel stored) {
        return plan(stored.name(), stored.file());
    }

    private static ModelPlan plan(String name, Path file) {
        return new ModelPlan(
                name,
                List.of(),
                List.of(),
                file.toString(),
                progress -> LocalEngine.open(
                        LocalEngineOptions.builder(file)
                                .name(name)
                                .contextSize(1024)
                                .slots(2)
                                .threads(1)
                                .chatTemplate("{% for message in messages %}{{ message.content }}{% endfor %}")
                                .build(),
                        progress),
                0,
                new ModelPlan.Residence(false, false, Optional.empty(), Duration.ofMinutes(2)));
    }

    private void listen(boolean managed, SeveralModels.Entry... entries) throws IOException {
        HubModels source =
                new HubModels(new ModelFolder(root), new HubSettings(hub.address(), Optional.empty()), this::plan);
        SeveralModels running = SeveralModels.listen(
                HttpSettings.loopback(0),
                List.of(entries),
                managed ? Optional.of(new SeveralModels.Further(source, Defaults.standard())) : Optional.empty(),
                new ModelRegistry.Room(0, 0, true),
                DialectSettings.STANDARD,
                Optional.empty());
        server = Optional.of(running);
        client.close();
        client = TestClient.of(running.address());
    }

    private RawClient watch() throws IOException {
        RawClient watch = new RawClient(server.orElseThrow().address())
                .send("GET /models/sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
        watch.readTo(":\n\n");
        return watch;
    }

    private Path part() {
        return root.resolve("acme/tiny").resolve(FILE + ".part");
    }

    /** All that the hub sends before it stalls is here. */
    private void awaitPart() throws Exception {
        Conditions.await("the beginning has come", () -> Files.exists(part()) && Files.size(part()) == BYTES);
    }

    private TestClient.Answer delete(String body) throws InterruptedException {
        return client.send(client.request("/api/delete").method("DELETE", HttpRequest.BodyPublishers.ofString(body)));
    }

    private List<String> names() throws InterruptedException {
        List<String> names = new ArrayList<>();
        client.get("/models")
                .json()
                .get("data")
                .forEach(model -> names.add(model.get("id").textValue()));
        return names;
    }

    private static SeveralModels.Entry entry(String name, Path file) {
        return new SeveralModels.Entry(plan(name, file), Defaults.standard());
    }

    @Test
    void nothingComesAndNothingGoesWhereNobodySaidThatItMay() throws Exception {
        listen(false, entry("other", other));
        for (TestClient.Answer answer : List.of(
                client.post("/models", "{\"model\": \"acme/tiny\"}"),
                client.call("DELETE", "/models?model=other"),
                client.post("/api/pull", "{\"model\": \"acme/tiny\"}"),
                delete("{\"model\": \"other\"}"))) {
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.errorMessage()).contains("--models-manage");
        }
        assertThat(hub.asked()).isEmpty();
        assertThat(other).exists();
        try (RunningServer one = RunningServer.of(FakeEngine.saying("a"))) {
            assertThat(one.client()
                            .post("/api/pull", "{\"model\": \"acme/tiny\"}")
                            .status())
                    .isEqualTo(403);
            assertThat(one.client()
                            .post("/models", "{\"model\": \"acme/tiny\"}")
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void aModelComesIsUsedAndGoesAsWithLlamaServer() throws Exception {
        listen(true);
        assertThat(names()).isEmpty();
        assertThat(client.post("/completion", "{\"prompt\": \"A\"}").errorMessage())
                .contains("no model here yet");
        try (RawClient watch = watch()) {
            assertThat(client.post("/models", "{\"model\": \"acme/tiny\"}").text())
                    .isEqualTo("{\"success\":true}");
            long size = Files.size(folder.resolve("tiny").resolve("tiny-llama.gguf"));
            assertThat(watch.readTo("\"event\":\"download_finished\"}\n\n"))
                    .contains("data: {\"model\":\"" + NAME
                            + "\",\"event\":\"download_progress\",\"data\":{\"progress\":{\"" + FILE + "\":{\"done\":"
                            + size + ",\"total\":" + size + "}}}}\n\n");
            assertThat(names()).containsExactly(NAME);
            for (String name : List.of(NAME, "acme/tiny", "default")) {
                TestClient.Answer answer = client.post(
                        "/v1/completions", "{\"model\": \"" + name + "\", \"prompt\": \"A\", \"max_tokens\": 3}");
                assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            }
            assertThat(client.get("/metrics").text()).contains("corral:model_loaded{model_name=\"" + NAME + "\"} 1");
            assertThat(client.post("/models", "{\"model\": \"acme/tiny\"}").errorMessage())
                    .contains("is here already");

            assertThat(client.call("DELETE", "/models?model=" + NAME).text()).isEqualTo("{\"success\":true}");
            watch.readTo("{\"model\":\"" + NAME + "\",\"event\":\"model_remove\"}\n\n");
        }
        assertThat(names()).isEmpty();
        assertThat(root.resolve("acme")).doesNotExist();
        assertThat(client.post("/completion", "{\"model\": \"" + NAME + "\", \"prompt\": \"A\"}")
                        .status())
                .isEqualTo(404);
        assertThat(client.call("DELETE", "/models?model=" + NAME).status()).isEqualTo(404);
    }

    @Test
    void aModelComesIsUsedAndGoesAsWithOllama() throws Exception {
        listen(true);
        TestClient.Answer pulled = client.post("/api/pull", "{\"model\": \"hf.co/acme/tiny:latest\"}");
        assertThat(pulled.status()).as(pulled.text()).isEqualTo(200);
        assertThat(pulled.header("Content-Type")).contains("application/x-ndjson");
        List<JsonNode> lines = pulled.text().lines().map(TestClient::json).toList();
        assertThat(lines)
                .extracting(line -> line.path("status").asText())
                .startsWith("pulling manifest")
                .endsWith("verifying sha256 digest", "writing manifest", "success");
        JsonNode whole = lines.get(lines.size() - 4);
        String digest = whole.path("digest").asText();
        assertThat(digest).matches("sha256:[0-9a-f]{64}");
        assertThat(whole.path("status").asText()).isEqualTo("pulling " + digest.substring(7, 19));
        assertThat(whole.path("completed").asLong())
                .isEqualTo(whole.path("total").asLong())
                .isPositive();

        assertThat(client.post("/api/pull", "{\"name\": \"acme/tiny\", \"stream\": false}")
                        .text())
                .isEqualTo("{\"status\":\"success\"}");
        assertThat(client.get("/api/tags").json().at("/models/0/name").asText()).isEqualTo(NAME);
        TestClient.Answer said = client.post(
                "/api/generate",
                "{\"model\": \"acme/tiny\", \"prompt\": \"A\", \"stream\": false, \"options\": {\"num_predict\": 2}}");
        assertThat(said.status()).as(said.text()).isEqualTo(200);
        TestClient.Answer deleted = delete("{\"model\": \"acme/tiny\"}");
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text()).isEmpty();
        assertThat(delete("{\"model\": \"acme/tiny\"}").status()).isEqualTo(404);
        assertThat(client.get("/api/tags").json().path("models")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "acme/none",
                "acme/tiny:Q2_K",
                "tiny",
                "http://127.0.0.1:1/x.gguf",
                "https://example.org/model.gguf",
                "../../etc/passwd",
                "acme/..",
                "example.org/acme/tiny",
                "acme/tiny:../x"
            })
    void whatTheHubDoesNotHaveIsRefusedBeforeAnythingIsFetched(String name) throws Exception {
        listen(true);
        for (TestClient.Answer answer : List.of(
                client.post("/models", "{\"model\": \"" + name + "\"}"),
                client.post("/api/pull", "{\"model\": \"" + name + "\"}"))) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.errorMessage()).doesNotContain(folder.toString());
        }
        assertThat(hub.sentFiles()).isEmpty();
        assertThat(root).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"POST, /models", "POST, /api/pull", "DELETE, /models", "DELETE, /api/delete"})
    void aNameIsNeeded(String method, String path) throws Exception {
        listen(true);
        TestClient.Answer answer =
                client.send(client.request(path).method(method, HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.errorMessage()).contains("model");
    }

    @Test
    void aFileThatIsElsewhereIsNotDeleted() throws Exception {
        listen(true, entry("other", other));
        assertThat(client.call("DELETE", "/models?model=other").status()).isEqualTo(400);
        assertThat(delete("{\"model\": \"other\"}").errorMessage()).contains("is not deleted");
        assertThat(other).exists();
        assertThat(names()).containsExactly("other");
    }

    @Test
    void aDownloadThatIsWrongLeavesNothingAndIsTold() throws Exception {
        hub.send(FILE, new byte[(int) Files.size(folder.resolve("tiny").resolve("tiny-llama.gguf"))]);
        listen(true);
        String lines = client.post("/api/pull", "{\"model\": \"acme/tiny\"}").text();
        assertThat(TestClient.json(lines.lines().toList().getLast())
                        .path("error")
                        .asText())
                .contains("is not what was published");
        assertThat(client.post("/api/pull", "{\"model\": \"acme/tiny\", \"stream\": false}")
                        .status())
                .isEqualTo(503);
        assertThat(names()).isEmpty();
    }

    @Test
    void aDownloadIsListedAndCanBeEnded() throws Exception {
        hub.stallAfter(BYTES);
        listen(true);
        try (RawClient watch = watch()) {
            client.post("/models", "{\"model\": \"acme/tiny\"}");
            awaitPart();
            watch.readTo("\"event\":\"download_progress\"");
            assertThat(client.get("/models").json().at("/data/0/status/value").asText())
                    .isEqualTo("downloading");
            assertThat(client.post("/models/unload", "{\"model\": \"" + NAME + "\"}")
                            .status())
                    .isEqualTo(200);
            watch.readTo("{\"model\":\"" + NAME
                    + "\",\"event\":\"download_failed\",\"data\":{\"message\":\"the download was" + " cancelled");
        }
        assertThat(names()).isEmpty();
        assertThat(client.post("/api/pull", "{\"model\": \"acme/tiny\", \"stream\": false}")
                        .status())
                .isEqualTo(200);
        assertThat(hub.sentFiles().getLast().range()).contains("bytes=" + BYTES + "-");
    }

    /** Somebody who waits for a model of which a part has come. */
    private RawClient stalledPull() throws Exception {
        hub.stallAfter(BYTES);
        listen(true);
        RawClient pull = new RawClient(server.orElseThrow().address()).post("/api/pull", "{\"model\": \"acme/tiny\"}");
        awaitPart();
        pull.readTo("\"completed\":");
        return pull;
    }

    @Test
    void aDownloadThatNobodyWaitsForAnyMoreEnds() throws Exception {
        stalledPull().close();
        Conditions.await("it ended", () -> names().isEmpty());
        assertThat(part()).hasSize(BYTES);
    }

    @Test
    void aServerThatEndsTellsWhoWaits() throws Exception {
        try (RawClient pull = stalledPull()) {
            assertThat(server.orElseThrow().shutDown(Duration.ofMinutes(1))).isTrue();
            assertThat(pull.readTo("\r\n0\r\n\r\n")).contains("\"error\":");
        }
    }
}
