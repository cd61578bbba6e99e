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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicReference<@Nullable LocalEngineOptions> opened = new AtomicReference<>();
    private String model = "";

    @BeforeEach
    void writeModel() throws IOException {
        model = Files.writeString(folder.resolve("tiny.gguf"), "GGUF").toString();
    }

    @AfterEach
    void quiet() throws IOException {
        Logging.configure(0, Optional.empty());
    }

    private Terminal terminal() {
        return new Terminal(InputStream.nullInputStream(), new PrintStream(out), new PrintStream(err), false);
    }

    /** Runs to the point where the model would be loaded. */
    private int run(String... args) {
        Main main = new Main(terminal(), (options, progress) -> {
            opened.set(options);
            progress.accept(0.3);
            throw new IllegalStateException("the model is a fake");
        });
        return main.run(args);
    }

    private LocalEngineOptions options(String... flags) {
        String[] args = new String[flags.length + 5];
        args[0] = "serve";
        args[1] = "-m";
        args[2] = model;
        args[3] = "--port";
        args[4] = "0";
        System.arraycopy(flags, 0, args, 5, flags.length);
        assertThat(run(args)).as(errors()).isEqualTo(1);
        return Optional.ofNullable(opened.get()).orElseThrow(() -> new AssertionError(errors()));
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void llamaServersOtherFlagsArePassedOverOrRefused() {
        assertThat(options("--poll", "50", "--threads-http", "8", "--perf", "-c", "512")
                        .contextSize())
                .isEqualTo(512);
        assertThat(run("serve", "-m", model, "--port", "0", "-hf", "some/model"))
                .isEqualTo(2);
        assertThat(errors()).contains("--model names another model than --hf-repo");
        assertThat(run("serve", "-m", model, "--port", "0", "--ctx-sise", "8")).isEqualTo(2);
        assertThat(errors()).contains("there is no flag --ctx-sise").contains("Did you mean --ctx-size?");
        assertThat(run("serve", "-m", model, "--port", "0", "--api-prefix", "a b"))
                .isEqualTo(2);
        assertThat(errors()).contains("--api-prefix: 'a b' is no path");
    }

    @ParameterizedTest
    @CsvSource({
        "--dry-multiplier, -1, dry_multiplier",
        "--mirostat, 3, mirostat",
        "--xtc-probability, 2, xtc_probability",
        "--logit-bias, x, logit-bias",
        "--samplers, nonsense, samplers",
        "--sampler-seq, ?, samplers",
        "--typical, 2, typical_p",
        "--adaptive-decay, 1, adaptive_decay"
    })
    void aSamplersFlagHasItsRange(String flag, String value, String name) {
        assertThat(run("serve", "-m", model, "--port", "0", flag, value)).isEqualTo(2);
        assertThat(errors()).contains("--" + name + " must");
    }

    @Test
    void everySamplersFlagIsTaken() {
        options(("--samplers top_k;temperature --sampler-seq kt --top-nsigma 1 --typical 0.9 --tfs 0.9"
                        + " --xtc-probability 0.1 --xtc-threshold 0.2 --dynatemp-range 0.1 --dynatemp-exp 2"
                        + " --mirostat 2 --mirostat-ent 4 --mirostat-lr 0.2 --adaptive-target 0.5"
                        + " --adaptive-decay 0.5 --ignore-eos -l 5+1,6-inf --logit-bias 7-2.5 --repeat-penalty 1.1"
                        + " --repeat-last-n 32 --presence-penalty 0.1 --frequency-penalty 0.1 --dry-multiplier 0.5"
                        + " --dry-base 1.5 --dry-allowed-length 3 --dry-penalty-last-n -1"
                        + " --dry-sequence-breaker none --spm-infill --props --no-slots --metrics")
                .split(" "));
    }

    @Test
    void tellsItsVersion() {
        assertThat(run("--version")).isZero();
        assertThat(output()).startsWith("corral ");
    }

    @Test
    void helps() {
        assertThat(run("serve", "--help")).isZero();
        assertThat(output())
                .contains("-m, --model=FILE")
                .contains("\nEngine\n")
                .contains("\nServer\n")
                .contains("Requests that run at once; -1 for 4, or")
                .doesNotContain("${");
        assertThat(output().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @Test
    void wantsACommand() {
        assertThat(run()).isEqualTo(2);
        assertThat(errors()).contains("serve");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serve --prot 1 | there is no flag --prot | Did you mean --port?",
                "serve --ctx-sise 1 | there is no flag --ctx-sise | Did you mean --ctx-size?",
                "serve -npp 1 | there is no flag -npp | Did you mean -np?",
                "serve --qqqqqqqqq | there is no flag --qqqqqqqqq | See: corral serve --help",
                "serve --check-tensors | --check-tensors is not there | checked in any case",
                "serev | there is no command serev | Did you mean serve?",
                "serve --port | Missing required parameter for option | See: corral serve --help",
                "serve --port x | is not an int | See: corral serve --help"
            })
    void explainsAWrongCommandLine(String line, String what, String hint) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(errors()).contains(what).contains(hint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port -1 | --port must be between 0 and 65535",
                "--port 65536 | --port must be between 0 and 65535",
                "-c -1 | --ctx-size must be at least 0",
                "-np 0 | --parallel must be between 1 and 128",
                "-np 129 | --parallel must be between 1 and 128",
                "-b 0 | --batch-size must be",
                "-ub -1 | --ubatch-size must be",
                "-t 5000 | --threads must be",
                "--queue -1 | --queue must be at least 0",
                "--temp 1000 | --temperature must be between -100 and 100",
                "--top-p 2 | --top_p must be between 0 and 1",
                "-n -2 | --n_predict must be at least -1",
                "-ngl many | --gpu-layers must be a number, auto or all",
                "--timeout 0 | --timeout must be",
                "--grace -1 | --grace must be",
                "--max-body 0 | --max-body must be",
                "--max-connections 0 | --max-connections must be",
                "--head-timeout 0 | --head-timeout must be",
                "--key-rpm -1 | --key-rpm must be at least 0",
                "--ssl-key-file /nowhere | go together",
                "--ssl-key-file /nowhere --ssl-cert-file /nowhere | TLS is not possible: /nowhere",
                "-lv 10 | --verbosity must be",
                "--host a,b | --host must be one address",
                "--api-key-file /nowhere | key file /nowhere can't be read",
                "--chat-template-file /nowhere | chat template /nowhere can't be read"
            })
    void checksRanges(String flags, String message) {
        String[] args = ("serve -m " + model + " " + flags).split(" ");
        assertThat(run(args)).isEqualTo(2);
        assertThat(errors()).contains(message);
        assertThat(opened.get()).isNull();
    }

    @Test
    void servesWhereAFlagStandsInPlaceOfACommand() {
        assertThat(run("-m", model, "--port", "0", "-c", "512")).isEqualTo(1);
        assertThat(Optional.ofNullable(opened.get()).orElseThrow().contextSize())
                .isEqualTo(512);
    }

    @Test
    void completesInTheShell() throws IOException, InterruptedException {
        assertThat(run("completion")).isZero();
        Path script = Files.writeString(folder.resolve("completion"), output());
        Process bash = new ProcessBuilder(
                        "bash",
                        "-c",
                        ". '" + script + "'; COMP_WORDS=(corral serve --ctx-s); COMP_CWORD=2; _complete_corral;"
                                + " printf '%s\\n' \"${COMPREPLY[@]}\"")
                .redirectError(ProcessBuilder.Redirect.DISCARD) // compopt, outside of a completion
                .start();
        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("--ctx-size\n");
        assertThat(bash.waitFor()).isZero();
    }

    @Test
    void wantsAModelThatIsThere() {
        assertThat(run("serve")).isEqualTo(2);
        assertThat(errors()).contains("which model?");
        assertThat(run("serve", "-m", folder.resolve("none.gguf").toString())).isEqualTo(2);
        assertThat(errors()).contains("there is no model file");
    }

    @Test
    void hasLlamaServersDefaults() {
        LocalEngineOptions options = options();
        assertThat(options).isEqualTo(LocalEngineOptions.of(Path.of(model)));
        assertThat(options.name()).isEqualTo("tiny");
        assertThat(options.slots()).isEqualTo(4);
    }

    @Test
    void takesLlamaServersFlags() {
        LocalEngineOptions options = options(
                ("-a name,alias -c 4096 -np 2 -t 3 -tb 5 -b 256 -ub 128 -ngl 7 -sm row -mg 1 -fa -ctk q8_0 -ctv q4_0"
                                + " --mlock --no-mmap --no-warmup --no-kv-unified --cache-ram 64 --queue 9 --jinja"
                                + " --chat-template {{messages}}")
                        .split(" "));
        assertThat(options.name()).isEqualTo("name");
        assertThat(options.contextSize()).isEqualTo(4096);
        assertThat(options.slots()).isEqualTo(2);
        assertThat(options.threads()).isEqualTo(3);
        assertThat(options.batchThreads()).isEqualTo(5);
        assertThat(options.batchSize()).isEqualTo(256);
        assertThat(options.microBatchSize()).isEqualTo(128);
        assertThat(options.gpuLayers()).isEqualTo(7);
        assertThat(options.splitMode()).isEqualTo("row");
        assertThat(options.mainGpu()).isEqualTo(1);
        assertThat(options.flashAttention()).isEqualTo("on");
        assertThat(options.keyType()).isEqualTo("q8_0");
        assertThat(options.valueType()).isEqualTo("q4_0");
        assertThat(options.mlock()).isTrue();
        assertThat(options.mmap()).isFalse();
        assertThat(options.warmUp()).isFalse();
        assertThat(options.unifiedCache()).contains(false);
        assertThat(options.cacheRamMiB()).isEqualTo(64);
        assertThat(options.queueLimit()).isEqualTo(9);
        assertThat(options.chatTemplate()).contains("{{messages}}");
    }

    @Test
    void takesUnderscoresForDashes() {
        LocalEngineOptions options = options("--ctx_size", "2048", "--kv_unified", "--ubatch_size=64");
        assertThat(options.contextSize()).isEqualTo(2048);
        assertThat(options.microBatchSize()).isEqualTo(64);
        assertThat(options.unifiedCache()).contains(true);
    }

    @Test
    void takesLlamaServersVariables() {
        System.setProperty("LLAMA_ARG_CTX_SIZE", "1234");
        try {
            assertThat(options().contextSize()).isEqualTo(1234);
            assertThat(options("-c", "99").contextSize()).isEqualTo(99);
        } finally {
            System.clearProperty("LLAMA_ARG_CTX_SIZE");
        }
    }

    @Test
    void showsHowTheModelLoads() {
        options();
        assertThat(output())
                .contains("Corral listens on http://127.0.0.1:")
                .contains("Loading tiny: 0 %")
                .contains("Loading tiny: 25 %");
        assertThat(errors()).contains("tiny.gguf can't be served: the model is a fake");
    }

    @Test
    void saysThatAPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            assertThat(run("serve", "-m", model, "--port", port)).isEqualTo(1);
            assertThat(errors()).contains("can't listen on 127.0.0.1:" + port).contains("in use");
        }
    }

    @Test
    void adaptersAreNamedByTheirFilesOrByTheOperator() throws IOException {
        Path verse = Files.writeString(folder.resolve("verse.gguf"), "GGUF");
        Path prose = Files.writeString(folder.resolve("prose.gguf"), "GGUF");
        AdapterOptions adapters = options(
                        "--lora",
                        verse + ",again=" + verse,
                        "--lora-scaled",
                        "p=" + prose + ":0.5",
                        "--lora-dir",
                        "" + folder)
                .adapters();
        assertThat(adapters.files())
                .containsExactly(
                        new AdapterOptions.File("verse", verse, 1),
                        new AdapterOptions.File("again", verse, 1),
                        new AdapterOptions.File("p", prose, 0.5f));
        assertThat(adapters.apply()).isTrue();
        assertThat(adapters.folder()).hasValue(folder);
        assertThat(options("--lora", verse.toString(), "--lora-init-without-apply")
                        .adapters()
                        .apply())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--lora | absent.gguf | there is no adapter file",
                "--lora-scaled | absent.gguf | must be FILE:SCALE",
                "--lora-scaled | absent.gguf:x | with a number behind the colon",
                "--lora-dir | absent | must be a folder",
            })
    void adaptersThatAreNotThereAreExplained(String flag, String value, String because) {
        assertThat(run(
                        "serve",
                        "-m",
                        model,
                        "--port",
                        "0",
                        flag,
                        folder.resolve(value).toString()))
                .isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(because);
    }
}
