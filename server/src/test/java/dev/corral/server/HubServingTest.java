package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.hub.HubServer;
import dev.corral.testing.TinyModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers whose models come from a hub, each as a process of its own with a model folder of its own. */
class HubServingTest {

    @TempDir
    private Path folder;

    private Process serve(String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0"));
        command.addAll(List.of(flags));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CORRAL_CACHE", folder.resolve("corral").toString());
        return builder.start();
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** All that was said until the server was ready. */
    private static List<String> untilReady(BufferedReader output) throws IOException {
        List<String> said = new ArrayList<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.add(line);
            if (line.startsWith("Try:")) {
                return said;
            }
        }
        throw new AssertionError("ended before it was ready: " + said);
    }

    private static TestClient client(List<String> said) {
        String begin = "Corral listens on ";
        return TestClient.of(said.stream()
                .filter(line -> line.startsWith(begin))
                .map(line -> URI.create(line.substring(begin.length())))
                .findFirst()
                .orElseThrow());
    }

    private HubServer hub() throws IOException {
        Path tiny = TinyModels.llama(Files.createDirectory(folder.resolve("tiny")));
        Path draft = TinyModels.draft(Files.createDirectory(folder.resolve("draft")));
        return new HubServer("acme/tiny")
                .with("tiny-F32.gguf", Files.readAllBytes(tiny))
                .with("tiny-F16.gguf", Files.readAllBytes(draft));
    }

    private static String status(TestClient client) throws InterruptedException {
        return client.get("/models").json().at("/data/0/status/value").asText();
    }

    @Test
    void aModelAndItsDraftComeOnceAndAreLoadedAgainWithoutTheHub() throws Exception {
        HubServer hub = hub();
        Path file = Files.writeString(folder.resolve("corral.yaml"), """
                hf-endpoint: %s
                idle-unload: 1
                spec-type: draft-simple
                spec-adaptive: false
                models:
                  tiny:
                    hf-repo: acme/tiny:F32
                    hf-repo-draft: acme/tiny:F16
                    ctx-size: 1024
                    parallel: 1
                """.formatted(hub.address()));
        Process process = serve("--config", file.toString());
        try (hub;
                BufferedReader output = output(process);
                TestClient client = client(untilReady(output))) {
            String body = "{\"model\": \"tiny\", \"prompt\": \"Once\", \"n_predict\": 24, \"temperature\": 0,"
                    + " \"ignore_eos\": true}";
            TestClient.Answer first = client.post("/completion", body);
            assertThat(first.status()).as(first.text()).isEqualTo(200);
            assertThat(client.get("/metrics").text())
                    .containsPattern("llamacpp:spec_decode_num_draft_tokens_total\\{model=\"tiny\"} [1-9]");
            hub.close();
            Conditions.await("it left", () -> status(client).equals("unloaded"));
            TestClient.Answer again = client.post("/completion", body);
            assertThat(again.status()).as(again.text()).isEqualTo(200);
            assertThat(again.json().path("content")).isEqualTo(first.json().path("content"));
        } finally {
            process.toHandle().destroy();
            process.waitFor();
        }
    }

    @Test
    void aHubThatIsAwayKeepsNobodyFromWhatIsThere() throws Exception {
        Path tiny = TinyModels.llama(Files.createDirectories(folder.resolve("corral/models/acme/tiny")));
        Files.move(tiny, tiny.resolveSibling("tiny-F32.gguf"));
        Process process = serve("-hf", "acme/tiny", "--hf-endpoint", "http://127.0.0.1:1", "-c", "1024", "-np", "1");
        try (BufferedReader output = output(process)) {
            assertThat(untilReady(output))
                    .anyMatch(line ->
                            line.contains("can't be reached") && line.contains("what is there already is served"));
        } finally {
            process.toHandle().destroy();
            process.waitFor();
        }
    }

    @Test
    void aServerBeginsWithoutAModelWhereClientsMayBringOne() throws Exception {
        try (HubServer hub = hub()) {
            Process process =
                    serve("--models-manage", "--hf-endpoint", hub.address().toString(), "-c", "1024", "-np", "1");
            try (BufferedReader output = output(process)) {
                List<String> said = untilReady(output);
                assertThat(said).contains("Ready: no model yet");
                try (TestClient client = client(said)) {
                    assertThat(client.post("/api/pull", "{\"model\": \"acme/tiny:F32\", \"stream\": false}")
                                    .status())
                            .isEqualTo(200);
                    assertThat(client.post("/completion", "{\"prompt\": \"Once\", \"n_predict\": 2}")
                                    .status())
                            .isEqualTo(200);
                    assertThat(folder.resolve("corral/models/acme/tiny/tiny-F32.gguf"))
                            .exists();
                }
            } finally {
                process.toHandle().destroy();
                process.waitFor();
            }
        }
    }
}
