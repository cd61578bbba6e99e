package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.hub.HubServer;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for models, each as a process of its own with a model folder of its own. */
class ModelCommandsTest {

    @TempDir
    private Path cache;

    private record Ended(int code, String out, String err) {}

    private Ended corral(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Dstdout.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(words));
        Path err = Files.createTempFile(cache, "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().put("CORRAL_CACHE", cache.resolve("corral").toString());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), out, Files.readString(err));
    }

    @Test
    void aModelComesIsShownAndGoes() throws Exception {
        Path tiny = TinyModels.llama(Files.createDirectory(cache.resolve("tiny")));
        try (HubServer hub = new HubServer("acme/tiny").with("tiny-F32.gguf", Files.readAllBytes(tiny))) {
            String endpoint = hub.address().toString();
            assertThat(corral("list").err()).contains("There is no model in");

            Ended pulled = corral("pull", "acme/tiny", "--hf-endpoint", endpoint);
            Path file = cache.resolve("corral/models/acme/tiny/tiny-F32.gguf");
            assertThat(pulled.out().strip()).as(pulled.err()).isEqualTo(file.toString());
            assertThat(pulled.code()).isZero();
            assertThat(pulled.err()).contains("tiny-F32.gguf: ");
            assertThat(file).hasSameBinaryContentAs(tiny);

            assertThat(corral("list").out()).contains("NAME").contains("acme/tiny:F32");
            assertThat(corral("list", "-q").out()).isEqualTo("acme/tiny:F32" + System.lineSeparator());
            assertThat(corral("show", "acme/tiny").out())
                    .contains("general.architecture")
                    .contains("llama.block_count")
                    .contains("parameters")
                    .contains(endpoint + "/acme/tiny/resolve/");

            assertThat(corral("rm", "acme/other")).satisfies(ended -> {
                assertThat(ended.code()).isEqualTo(1);
                assertThat(ended.err()).contains("corral: there is no model 'acme/other'");
            });
            assertThat(corral("rm", "acme/tiny").out()).startsWith("Removed acme/tiny:F32");
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void aHubThatIsNotThereIsNamed() throws Exception {
        Ended ended = corral("pull", "acme/tiny", "--hf-endpoint", "http://127.0.0.1:1");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.err()).contains("corral: the hub at http://127.0.0.1:1 can't be reached");
    }
}
