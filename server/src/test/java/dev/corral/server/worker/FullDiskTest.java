package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.TestClient;
import dev.corral.testing.TinyModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server whose writes fail in the middle, as on a full disk: by a limit of the system's on the size of files. */
@DisabledOnOs(OS.WINDOWS)
class FullDiskTest {

    private static final String WORDS = "the cat sat on the mat and the dog ran to the red house ";
    private static final String SAYS_ITS_ADDRESS = "Corral listens on ";

    /** In blocks of 512 or 1,024 bytes, by the shell. */
    private static final int LIMIT = 128;

    @TempDir
    private Path folder;

    private Process serve(Path cache) throws IOException {
        List<String> command = List.of(
                "sh",
                "-c",
                "ulimit -f " + LIMIT + " && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.corral.server.Main",
                "serve",
                "--port",
                "0",
                "-m",
                TinyModels.llama(folder).toString(),
                "-c",
                "2048",
                "-np",
                "2",
                "--cache-disk",
                cache.toString(),
                "--slot-save-path",
                cache.toString());
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static URI awaitReady(BufferedReader output) throws IOException {
        URI address = URI.create("http://none");
        StringBuilder all = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            all.append(line).append('\n');
            if (line.startsWith(SAYS_ITS_ADDRESS)) {
                address = URI.create(line.substring(SAYS_ITS_ADDRESS.length()));
            } else if (line.startsWith("Try:")) {
                return address;
            }
        }
        throw new AssertionError("ended before it was ready: " + all);
    }

    private static TestClient.Answer complete(TestClient client, int number) throws InterruptedException {
        return client.post(
                "/completion",
                "{\"prompt\": \"conversation " + number + " " + WORDS.repeat(25)
                        + "\", \"n_predict\": 4, \"id_slot\": 0}");
    }

    @Test
    void failsNobodyButWhoWantedToSave() throws Exception {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Process front = serve(cache);
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(front.getInputStream(), StandardCharsets.UTF_8));
                TestClient client = TestClient.of(awaitReady(output))) {
            long worker = front.children().findFirst().orElseThrow().pid();
            for (int i = 0; i < 8; i++) {
                assertThat(complete(client, i).status()).isEqualTo(200);
            }
            TestClient.Answer saved = client.post("/slots/0?action=save", "{\"filename\": \"story\"}");
            assertThat(saved.status()).as(saved.text()).isEqualTo(500);
            assertThat(saved.text()).contains("could not be saved").doesNotContain(cache.toString());
            assertThat(complete(client, 0).status()).isEqualTo(200);
            assertThat(front.children().map(ProcessHandle::pid)).containsExactly(worker);
            try (Stream<Path> left = Files.list(cache)) {
                assertThat(left).as("nothing half written").isEmpty();
            }
        } finally {
            front.destroyForcibly();
        }
    }
}
