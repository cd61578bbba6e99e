package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.log.Logging;
import dev.corral.server.terminal.Terminal;
import dev.corral.testing.TinyModels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that run a model in their own process, on the real model. */
class ProgramsTest {

    private static final String MODEL = System.getProperty("corral.test.model");

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @AfterEach
    void quiet() throws IOException {
        Logging.configure(0, Optional.empty());
    }

    private int run(String piped, String... args) {
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(piped.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        return new Main(terminal, (options, progress) -> {
                    throw new IllegalStateException("nothing is served");
                })
                .run(args);
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void tokenizes() {
        assertThat(run("", "tokenize", MODEL, "Hello, world!")).as(errors()).isZero();
        assertThat(lines()).containsExactly(" 19556  'Hello'", "    28  ','", "   905  ' world'", "    17  '!'");
    }

    @Test
    void tokenizesWhatIsPipedIn() {
        assertThat(run("Hello,\n", "tokenize", MODEL, "--ids")).as(errors()).isZero();
        assertThat(lines()).containsExactly("19556 28 198");
        assertThat(run("Hello,", "tokenize", MODEL, "--count")).isZero();
        assertThat(lines().getLast()).isEqualTo("2");
    }

    @Test
    void scores() {
        assertThat(run("", "score", MODEL, "-c", "512", "The capital of France is", " Paris", " cheese"))
                .as(errors())
                .isZero();
        assertThat(lines()).hasSize(3);
        double paris = Double.parseDouble(lines().get(1).split(" +")[0]);
        double cheese = Double.parseDouble(lines().get(2).split(" +")[0]);
        assertThat(paris).isNegative().isGreaterThan(cheese);
        assertThat(run("", "score", MODEL, "alone")).isEqualTo(2);
        assertThat(errors()).contains("what is scored?");
    }

    @Test
    void tellsAFilesPerplexity() throws IOException {
        Path text =
                Files.writeString(folder.resolve("text.txt"), "Once upon a time there was a little girl. ".repeat(20));
        assertThat(run("", "score", MODEL, "-c", "512", "--file", text.toString()))
                .as(errors())
                .isZero();
        assertThat(lines().getLast()).startsWith("perplexity");
        assertThat(Double.parseDouble(lines().getLast().split(" +")[1])).isBetween(1.0, 20.0);
        assertThat(run("", "score", MODEL, "--file", folder.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(errors()).contains("can't be read");
    }

    @Test
    void talksOverAPipe() {
        assertThat(run(
                        "Once upon a time\n/stats\n",
                        "chat",
                        MODEL,
                        "-c",
                        "512",
                        "--temp",
                        "0",
                        "--ignore-eos",
                        "-n",
                        "9"))
                .as(errors())
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).isNotBlank();
        assertThat(errors()).contains("answer: 9 tokens at");
    }

    @Test
    void measures() {
        Path tiny = TinyModels.llama(folder);
        assertThat(run("", "bench", tiny.toString(), "-p", "16", "-n", "8", "--streams", "1,2", "-r", "2", "-t", "1"))
                .as(errors())
                .isZero();
        assertThat(lines().subList(1, lines().size()))
                .hasSize(5)
                .anySatisfy(line -> assertThat(line).startsWith("pp16  2 "))
                .anySatisfy(line -> assertThat(line).startsWith("tg8   1 "));
        assertThat(run("", "bench", tiny.toString(), "-r", "0")).isEqualTo(2);
        assertThat(errors()).contains("--repetitions must be");
    }

    @Test
    void aModelThatIsNotThereIsNamed() {
        assertThat(run("", "chat", "acme/none")).isEqualTo(2);
        assertThat(errors()).contains("there is no model file acme/none");
    }
}
