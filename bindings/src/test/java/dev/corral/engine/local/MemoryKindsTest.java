package dev.corral.engine.local;

import static dev.corral.engine.local.TinyEngines.alone;
import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever memory a model has, what the engine reuses changes no text. */
class MemoryKindsTest {

    enum Kind {
        LLAMA,
        LLAMA_UNIFIED,
        SLIDING_WINDOW,
        SLIDING_WINDOW_DROPPED,
        SLIDING_WINDOW_UNIFIED,
        MULTI_AXIS,
        LATENT_ATTENTION,
        MAMBA,
        HYBRID,
        CONVOLUTION;

        LocalEngine open(Path folder) {
            Path model = switch (this) {
                case LLAMA, LLAMA_UNIFIED -> TinyModels.llama(folder);
                case SLIDING_WINDOW, SLIDING_WINDOW_DROPPED, SLIDING_WINDOW_UNIFIED -> TinyModels.slidingWindow(folder);
                case MULTI_AXIS -> TinyModels.multiAxis(folder);
                case LATENT_ATTENTION -> TinyModels.latentAttention(folder);
                case MAMBA -> TinyModels.mamba(folder);
                case HYBRID -> TinyModels.hybrid(folder);
                case CONVOLUTION -> TinyModels.convolution(folder);
            };
            return TinyEngines.open(
                    model,
                    options -> options.unifiedCache(name().endsWith("UNIFIED"))
                            .fullWindowCache(this != SLIDING_WINDOW_DROPPED)
                            .microBatchSize(64));
        }

        boolean cuttable() {
            return switch (this) {
                case MAMBA, HYBRID, CONVOLUTION -> false;
                default -> true;
            };
        }
    }

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house by the river ";

    @ParameterizedTest
    @EnumSource
    void aConversationThatGoesOnReusesItsState(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            String conversation = STORY.repeat(3);
            for (int turn = 0; turn < 3; turn++) {
                Generate request = greedy(conversation, 12);
                String expected = alone(engine, request);
                Answer answer = EngineFixture.run(engine, request);
                assertThat(answer.text()).isEqualTo(expected);
                if (turn > 0 && kind.cuttable()) {
                    assertThat(answer.cachedTokens()).as("turn %d", turn).isGreaterThan(40);
                }
                engine.checkInvariants();
                conversation += answer.text() + " and then " + turn;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePromptIsNotComputedAgainForAnotherAnswer(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            Generate request = greedy(STORY.repeat(4), 10);
            String expected = alone(engine, request);
            Answer first = EngineFixture.run(engine, request);
            Answer second = EngineFixture.run(engine, request);
            assertThat(first.text()).isEqualTo(expected);
            assertThat(second.text()).isEqualTo(expected);
            if (kind != Kind.SLIDING_WINDOW_DROPPED) {
                assertThat(second.cachedTokens())
                        .isEqualTo(second.finished().usage().promptTokens() - 1);
            }
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestsSideBySideSayWhatEachSaysAlone(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            List<Generate> requests = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                requests.add(greedy(STORY.repeat(1 + i % 3) + "number " + i / 2, 8 + i));
            }
            List<String> expected = new ArrayList<>();
            for (Generate request : requests) {
                expected.add(alone(engine, request));
            }
            List<Generation> together = requests.stream().map(engine::submit).toList();
            for (int i = 0; i < requests.size(); i++) {
                assertThat(EngineFixture.collect(together.get(i)).getFirst().text())
                        .as("request %d", i)
                        .isEqualTo(expected.get(i));
            }
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFullContextShiftsOrEnds(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            int context = engine.model().contextSize();
            Generate endless = greedy(STORY.repeat(2), context + 40)
                    .with(Sampling.builder().temperature(0).ignoreEos(true).build());
            Answer ended = EngineFixture.run(engine, endless);
            assertThat(ended.finished().reason()).isEqualTo(FinishReason.CONTEXT_FULL);
            assertThat(ended.finished().usage().truncated()).isTrue();
            Answer shifted = EngineFixture.run(
                    engine, endless.with(Limits.tokens(context + 40).shiftingContext(new Limits.ContextShift(8, 0))));
            boolean went = shifted.finished().reason() == FinishReason.LIMIT;
            assertThat(shifted.finished().usage().generatedTokens())
                    .isEqualTo(went ? context + 40 : ended.finished().usage().generatedTokens());
            if (kind == Kind.LLAMA || kind == Kind.LLAMA_UNIFIED) {
                assertThat(went).as("a llama's context can be shifted").isTrue();
            }
            engine.checkInvariants();
        }
    }
}
