package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process of its own, from the command line to the signal that ends it. */
class MainProcessTest {

    @TempDir
    private Path folder;

    private static Process start(String... flags) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "-m");
        builder.command().addAll(List.of(flags));
        return builder.redirectErrorStream(true).start();
    }

    private static URI awaitReady(BufferedReader output) throws IOException {
        URI address = URI.create("http://none");
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("Corral listens on ")) {
                address = URI.create(line.substring("Corral listens on ".length()));
            }
            if (line.startsWith("Try:")) {
                assertThat(line).contains("curl " + address + "/v1/chat/completions -d '{");
                return address;
            }
        }
        throw new AssertionError("ended before it was ready");
    }

    @Test
    void finishesWhatRunsWhenItIsToldToEnd() throws Exception {
        Process process = start(System.getProperty("corral.test.model"), "-c", "2048", "--alias", "smollm2");
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            URI address = awaitReady(output);
            try (RawClient stream = new RawClient(address)
                    .post(
                            "/completion",
                            "{\"prompt\": \"Once upon a time\", \"n_predict\": 40, \"ignore_eos\": true,"
                                    + " \"stream\": true}")) {
                stream.readTo("data: ");
                process.toHandle().destroy(); // unlike its own, leaves the output readable
                assertThat(stream.readTo("\r\n0\r\n\r\n"))
                        .contains("\"tokens_predicted\":40")
                        .contains("\"stop\":true");
            }
            assertThat(output.lines()).contains("Ending: requests that run may finish");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private static final String LONG =
            "{\"prompt\": \"Once upon a time\", \"n_predict\": 1500, \"ignore_eos\": true, \"stream\": %s}";

    @Test
    void tellsThoseThatTheGracePeriodIsOver() throws Exception {
        Process process = start(System.getProperty("corral.test.model"), "-c", "4096", "-np", "2", "--grace", "1");
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            URI address = awaitReady(output);
            try (RawClient stream = new RawClient(address).post("/completion", LONG.formatted(true));
                    RawClient plain = new RawClient(address).post("/completion", LONG.formatted(false))) {
                stream.readTo("data: ");
                process.toHandle().destroy();
                assertThat(stream.readTo("\r\n0\r\n\r\n")).contains("data: {\"error\":{\"code\":503");
                assertThat(plain.readResponse()).startsWith("HTTP/1.1 503").contains("\"code\":503");
            }
            assertThat(output.lines()).contains("Ended before every request was finished");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void endsAtOnceWhenItIsToldTwice() throws Exception {
        Process process = start(System.getProperty("corral.test.model"), "-c", "2048", "-np", "1", "--grace", "600");
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            URI address = awaitReady(output);
            try (RawClient stream = new RawClient(address).post("/completion", LONG.formatted(true))) {
                stream.readTo("data: ");
                process.toHandle().destroy();
                for (String line = output.readLine(); !line.startsWith("Ending:"); line = output.readLine()) {
                    assertThat(line).isNotNull();
                }
                process.toHandle().destroy();
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(128 + 15);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void explainsAFileThatIsNoModel() throws Exception {
        Path file = Files.writeString(folder.resolve("no-model.gguf"), "This is no model.");
        Process process = start(file.toString());
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isEqualTo(1);
            assertThat(output).contains("no-model.gguf can't be served: ");
        } finally {
            process.destroyForcibly();
        }
    }
}
