package dev.corral.server.flags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.configuration.ConfigurationException;
import dev.corral.server.configuration.ConfigurationFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What flags, environment and file make together. */
class ConfigurationTest {

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Files.writeString(folder.resolve("tiny.gguf"), "GGUF");
    }

    private Arguments arguments(String yaml, Map<String, String> environment, String... flags) throws IOException {
        Path file = Files.writeString(folder.resolve("corral.yaml"), yaml.replace("MODEL", model.toString()));
        CommandLine.ParseResult parsed =
                FlagSyntax.of(new CommandLine(new ServeOptions())).parseArgs(flags);
        return Arguments.of(parsed, environment, ConfigurationFile.read(file));
    }

    private ServeOptions server(String yaml, String... flags) throws IOException {
        return arguments(yaml, Map.of(), flags).server();
    }

    @Test
    void everyKindOfValueIsTaken() throws IOException {
        ServeOptions options = server("""
                # a comment
                model: MODEL
                ctx_size: 4096
                n-gpu-layers: 3
                temp: 0.5
                mlock: true
                mmap: false
                warmup: no
                kv-unified: on
                api-key: [first, second]
                host: 0.0.0.0
                alias:
                """);
        LocalEngineOptions engine = options.toEngineOptions();
        assertThat(engine.contextSize()).isEqualTo(4096);
        assertThat(engine.gpuLayers()).isEqualTo(3);
        assertThat(engine.mlock()).isTrue();
        assertThat(engine.mmap()).isFalse();
        assertThat(engine.warmUp()).isFalse();
        assertThat(engine.unifiedCache()).contains(true);
        assertThat(options.toDefaults().sampling().temperature()).isEqualTo(0.5);
        assertThat(options.http.keys).containsExactly("first", "second");
        assertThat(options.http.host).isEqualTo("0.0.0.0");
    }

    @Test
    void theCommandLineGoesBeforeTheFile() throws IOException {
        ServeOptions options = server(
                "model: MODEL\nctx-size: 4096\nport: 9000\nmlock: true\napi-key: [file]\n",
                "-c",
                "512",
                "--api-key",
                "flag",
                "--no-mmap");
        assertThat(options.engine.contextSize).isEqualTo(512);
        assertThat(options.http.port).isEqualTo(9000);
        assertThat(options.http.keys).containsExactly("flag");
        assertThat(options.toEngineOptions().mmap()).isFalse();
        assertThat(options.toEngineOptions().mlock()).isTrue();
    }

    @Test
    void theEnvironmentGoesBeforeTheFile() throws IOException {
        for (String variable : List.of("CORRAL_CTX_SIZE", "LLAMA_ARG_CTX_SIZE")) {
            ServeOptions options =
                    arguments("ctx-size: 4096\n", Map.of(variable, "512")).server();
            // the variable itself is read by picocli, which has this process' environment
            assertThat(options.engine.contextSize).as(variable).isZero();
        }
    }

    @Test
    void everyFlagHasAVariable() {
        ServeOptions options = new ServeOptions();
        new CommandLine(options)
                .setDefaultValueProvider(new EnvironmentDefaults(
                        Map.of("CORRAL_CTX_SIZE", "512", "CORRAL_HOST", "::1", "CORRAL_MLOCK", "true")))
                .parseArgs("--host", "localhost");
        assertThat(options.engine.contextSize).isEqualTo(512);
        assertThat(options.http.host).isEqualTo("localhost");
        assertThat(options.model.mlock).isTrue();
    }

    @Test
    void modelsHaveSettingsOfTheirOwn() throws IOException {
        Map<String, ServeOptions> models = arguments("""
                        ctx-size: 4096
                        temp: 0.5
                        models:
                          small:
                            model: MODEL
                            alias: [s, tiny]
                            ctx-size: 1024
                            pin: true
                          large:
                            hf-repo: acme/large:Q4_K_M
                            idle-unload: 60
                            temp: 0.1
                        """, Map.of(), "-np", "2").models(List.of());
        assertThat(models.keySet()).containsExactly("small", "large");
        ServeOptions small = models.get("small");
        assertThat(small.model.names()).containsExactly("small", "s", "tiny");
        assertThat(small.engine.contextSize).isEqualTo(1024);
        assertThat(small.engine.slots).isEqualTo(2);
        assertThat(small.residence.pin).isTrue();
        assertThat(small.toDefaults().sampling().temperature()).isEqualTo(0.5);
        ServeOptions large = models.get("large");
        assertThat(large.engine.contextSize).isEqualTo(4096);
        assertThat(large.download.repository).isEqualTo("acme/large:Q4_K_M");
        assertThat(large.residence.idle()).isPresent();
        assertThat(large.toDefaults().sampling().temperature()).isEqualTo(0.1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "port: 1;ctx-sise: 2 | line 2: 'ctx-sise' is no setting. Did you mean ctx-size?",
                "model: {a: b} | line 1: 'model' must be a value or a list of values",
                "port: [1, 2] | line 1: 'port' has one value, but here is a list of 2",
                "port: 1;port: 2 | line 2: 'port' is there twice",
                "ctx-size: 1;ctx_size: 2 | line 2: 'ctx_size' is there twice",
                "port: many | line 1: Invalid value for option '--port'",
                "mlock: perhaps | line 1: 'mlock' must be true or false",
                "config: other.yaml | line 1: 'config' is no setting",
                "- a | line 1: the file must hold keys with values",
                "a: [b | it is no YAML",
                "model: 'a' 'b' | line 1: it is no YAML",
                "models: x | line 1: models must hold keys with values",
                "models:;  a:;    port: 1 | line 3: 'port' belongs to the server, not to one of its models",
                "models:;  a:;    modle: x | line 3: 'modle' is no setting. Did you mean model?",
                "models:;  a:;    temp: 1 | line 2: a must say which model it is",
                "modells: x | line 1: 'modells' is no setting. Did you mean models?",
            })
    void whatIsWrongIsToldWithItsLine(String yaml, String message) {
        assertThatThrownBy(() -> {
                    Arguments arguments = arguments(yaml.replace(';', '\n'), Map.of());
                    arguments.server();
                    arguments.models(List.of());
                })
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(folder.resolve("corral.yaml").toString())
                .hasMessageContaining(message);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> ConfigurationFile.read(folder.resolve("none.yaml")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("none.yaml: it can't be read");
    }
}
