package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.log.Logging;
import dev.corral.server.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flags of Chinese-LLaMA-Alpaca's server, as its users type them. */
class AlpacaFlagsTest {

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicReference<@Nullable LocalEngineOptions> opened = new AtomicReference<>();
    private Path model = Path.of("");

    @BeforeEach
    void writeModel() throws IOException {
        model = Files.writeString(folder.resolve("tiny.gguf"), "GGUF");
    }

    @AfterEach
    void quiet() throws IOException {
        Logging.configure(0, Optional.empty());
    }

    private Terminal terminal() {
        return new Terminal(InputStream.nullInputStream(), new PrintStream(out), new PrintStream(err), false);
    }

    /** Runs to the point where the model would be loaded. */
    private int run(String... flags) {
        List<String> args = new ArrayList<>(List.of("serve", "--port", "0"));
        args.addAll(List.of(flags));
        Main main = new Main(terminal(), (options, progress) -> {
            opened.set(options);
            throw new IllegalStateException("the model is a fake");
        });
        return main.run(args.toArray(String[]::new));
    }

    /** With {@code --base_model}, on any free port. */
    private LocalEngineOptions options(String... flags) {
        List<String> args = new ArrayList<>(List.of("--base_model", model.toString(), "--listen", "alpaca=0"));
        args.addAll(List.of(flags));
        assertThat(run(args.toArray(String[]::new))).as(errors()).isEqualTo(1);
        return Optional.ofNullable(opened.get()).orElseThrow(() -> new AssertionError(errors()));
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aModelAndAnAdapter() throws IOException {
        Path adapter = Files.writeString(folder.resolve("chinese.gguf"), "GGUF");
        LocalEngineOptions options = options("--lora_model", adapter.toString());
        assertThat(options.model()).isEqualTo(model);
        assertThat(options.adapters().files()).containsExactly(new AdapterOptions.File("chinese", adapter, 1));
        assertThat(options.adapters().apply()).isTrue();
        assertThat(options.gpuLayers()).isEqualTo(-1);
        assertThat(options.ropeAlpha()).isEqualTo(1);
    }

    @Test
    void aFolderStandsForTheOnlyFileInIt() throws IOException {
        assertThat(run("--base_model", folder.toString(), "--listen", "alpaca2=0"))
                .isEqualTo(1);
        assertThat(Optional.ofNullable(opened.get()).orElseThrow().model()).isEqualTo(model);
        Files.writeString(folder.resolve("other.gguf"), "GGUF");
        assertThat(run("--base_model", folder.toString())).isEqualTo(2);
        assertThat(errors())
                .contains("--base_model must be a GGUF file, or a folder with one")
                .contains("has 2");
        assertThat(run("--base_model", folder.resolve("none").toString())).isEqualTo(2);
        assertThat(errors()).contains("--base_model must be a GGUF file, but there is none");
    }

    @Test
    void whatComputes() {
        assertThat(options("--only_cpu").gpuLayers()).isZero();
        assertThat(options("--gpus", "").gpuLayers()).isZero();
        LocalEngineOptions second = options("--gpus", "1");
        assertThat(second.splitMode()).isEqualTo("none");
        assertThat(second.mainGpu()).isEqualTo(1);
        assertThat(options("--gpus", "0,1").splitMode()).isEqualTo("layer");
        assertThat(errors()).contains("--gpus 0,1 has no effect: all GPUs are used");
    }

    @Test
    void aLongerContext() {
        LocalEngineOptions options = options("--alpha", "2.0", "-c", "8192");
        assertThat(options.ropeAlpha()).isEqualTo(2);
        assertThat(options.contextSize()).isEqualTo(8192);
    }

    @Test
    void whatHasNoEffectIsSaid() {
        options("--tokenizer_path", "somewhere", "--load_in_8bit");
        assertThat(errors())
                .contains("--tokenizer_path has no effect: a GGUF file has its own tokenizer")
                .contains("--load_in_8bit and --load_in_4bit have no effect: a GGUF file is quantized when it is made");
        err.reset();
        options();
        assertThat(errors()).doesNotContain("no effect");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--alpha auto | --alpha must be a number, but is auto: the scaling is the same for all requests here",
                "--alpha x | --alpha must be a number, but is x",
                "--alpha 0.5 | --alpha must be between 1 and 64, but is 0.5",
                "--alpha NaN | --alpha must be between 1 and 64",
                "--gpus a | --gpus must be numbers of GPUs with commas between them, but is a",
                "--listen alpaca | --listen must be DIALECT=[HOST:]PORT",
                "--listen alpaca=65536 | --listen must be DIALECT=[HOST:]PORT",
                "--listen nobody=1 | with a dialect of",
                "--listen openai=0,openai=0 | --listen must name each dialect once",
                "--lora_model /nowhere | --lora_model must be a GGUF file",
            })
    void whatIsWrongIsSaid(String flags, String message) {
        List<String> args = new ArrayList<>(List.of("--base_model", model.toString()));
        args.addAll(List.of(flags.split(" ")));
        assertThat(run(args.toArray(String[]::new))).isEqualTo(2);
        assertThat(errors()).contains(message);
        assertThat(opened.get()).isNull();
    }
}
