package dev.corral.server.flags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class ForeignFlagsTest {

    private static final CommandSpec SERVE = new CommandLine(new ServeOptions()).getCommandSpec();

    private static Set<String> ours() {
        return SERVE.options().stream()
                .flatMap(option -> Stream.of(option.names()))
                .collect(Collectors.toSet());
    }

    @Test
    void whatNeedsNothingIsPassedOver() {
        assertThat(ForeignFlags.unknown(
                        List.of("--poll", "50", "--perf", "-sps", "0.5", "--cache-reuse=256", "--no-cache-idle-slots")))
                .isEmpty();
        assertThat(ForeignFlags.unknown(List.of("--nonsense", "--poll", "50", "x")))
                .containsExactly("--nonsense", "x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--docker-repo",
                "--rope-scaling",
                "--yarn-beta-fast",
                "--control-vector-layer-range",
                "--tools",
                "-gan",
                "--models-preset",
                "--backend-sampling",
                "--no-jinja",
                "--tags",
                "-ot"
            })
    void whatIsMissingSaysSoByName(String name) {
        assertThatThrownBy(() -> ForeignFlags.unknown(List.of(name, "x")))
                .isInstanceOf(BadFlag.class)
                .hasMessageContaining(name + " ");
        assertThatThrownBy(() -> ForeignFlags.unknown(List.of(name + "=x"))).isInstanceOf(BadFlag.class);
    }

    @Test
    void oneThatIsServedIsNotForeign() {
        for (String name : ours()) {
            assertThat(ForeignFlags.unknown(List.of(name))).as(name).containsExactly(name);
        }
    }

    @Test
    void variablesThatNobodyReadsAreNamed() {
        assertThat(ForeignFlags.unread(
                        Set.of(
                                "LLAMA_ARG_MODEL",
                                "LLAMA_ARG_TOP_K",
                                "LLAMA_ARG_THREADS_HTTP",
                                "LLAMA_ARG_DOCKER_REPO",
                                "LLAMA_ARG_NONSENSE",
                                "PATH"),
                        SERVE))
                .containsExactly(
                        "LLAMA_ARG_DOCKER_REPO is set and does nothing: models come from a hub or an address, not from"
                                + " registries of images: see -hf and -mu",
                        "LLAMA_ARG_NONSENSE is set and does nothing here");
    }

    /** Those that the tests of llama.cpp's server pass, but for what downloads, and for what other work brings. */
    @Test
    void theFlagsOfLlamaServersOwnTestsAreKnown() {
        String known =
                "--host --port --temp --seed --offline --model --model-draft --batch-size --ubatch-size --threads"
                        + " --n-gpu-layers --cont-batching --embedding --reranking --metrics --kv-unified --swa-full --slots"
                        + " --no-slots --pooling --alias --ctx-size --parallel -ctk -ctv -fa --n-predict --slot-save-path"
                        + " --verbose --lora --context-shift --spec-type --api-key --spec-draft-n-max --spec-draft-n-min"
                        + " --no-ui --jinja --chat-template --chat-template-file --cache-ram --cors-origins --api-prefix --props";
        Set<String> names = SERVE.options().stream()
                .flatMap(option -> Stream.concat(Stream.of(option.names()), negations(option)))
                .collect(Collectors.toSet());
        assertThat(names).contains(known.split(" "));
    }

    private static Stream<String> negations(OptionSpec option) {
        return option.negatable()
                ? Stream.of(option.names())
                        .filter(name -> name.startsWith("--"))
                        .map(name -> "--no-" + name.substring(2))
                : Stream.empty();
    }
}
