package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.testing.TinyModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many large bodies at once, to a server with a small heap: they are refused, and nobody else notices. */
class LargeBodiesTest {

    private static final int ENDED = 0;
    private static final int AT_ONCE = 60;
    private static final int SIZE = 3 << 20;
    private static final String SAYS_ITS_ADDRESS = "Corral listens on ";

    @TempDir
    private Path folder;

    private Process serve() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "serve",
                        "--port",
                        "0",
                        "-m",
                        TinyModels.llama(folder).toString(),
                        "-c",
                        "512",
                        "-np",
                        "2")
                .redirectErrorStream(true)
                .start();
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

    /** The status of the answer; {@link #ENDED} where the connection ended before all of the body was sent. */
    private static int send(URI address, String body) throws IOException {
        try (RawClient client = new RawClient(address).post("/completion", body)) {
            return Integer.parseInt(client.readTo("\r\n").substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        } catch (SocketException e) {
            return ENDED;
        }
    }

    @Test
    void takeNobodysMemory() throws Exception {
        Process front = serve();
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(front.getInputStream(), StandardCharsets.UTF_8));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            URI address = awaitReady(output);
            String text = "{\"prompt\": \"x\", \"n_predict\": 1, \"more\": \"" + "a".repeat(SIZE) + "\"}";
            String tree = "{\"prompt\": \"x\", \"n_predict\": 1, \"more\": [" + "[],".repeat(SIZE / 3) + "[]]}";
            List<Future<Integer>> texts = new ArrayList<>();
            List<Future<Integer>> trees = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                texts.add(clients.submit(() -> send(address, text)));
                trees.add(clients.submit(() -> send(address, tree)));
            }
            for (Future<Integer> status : texts) {
                assertThat(status.get()).isIn(200, 503, ENDED);
            }
            for (Future<Integer> status : trees) {
                assertThat(status.get()).isIn(413, 503, ENDED);
            }
            assertThat(send(address, "{\"prompt\": \"x\", \"n_predict\": 1}")).isEqualTo(200);
            assertThat(send(address, text)).as("one at a time").isEqualTo(200);
            assertThat(send(address, tree)).isIn(413, ENDED);
        } finally {
            front.destroyForcibly();
        }
    }
}
