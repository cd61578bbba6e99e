package dev.corral.engine.local.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.Capability;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.testing.TinyImages;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyProjectors;
import dev.corral.testing.TinySounds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures in prompts: they are seen, kept, found again and never cut. */
class ImagesTest {

    enum Kind {
        /** Image tokens see those before them. */
        LLAVA,
        LLAVA_UNIFIED,
        /** Image tokens see each other. */
        GEMMA,
        /** Image tokens have rows and columns, and take fewer positions than cells. */
        QWEN,
        QWEN_UNIFIED,
        /** A state can't be cut. */
        HYBRID;

        LocalEngine open(Path folder, UnaryOperator<LocalEngineOptionsBuilder> change) {
            Path model = switch (this) {
                case LLAVA, LLAVA_UNIFIED, GEMMA -> TinyModels.llama(folder);
                case QWEN, QWEN_UNIFIED -> TinyModels.multiAxis(folder);
                case HYBRID -> TinyModels.hybrid(folder);
            };
            Path projector = switch (this) {
                case LLAVA, LLAVA_UNIFIED, HYBRID -> TinyProjectors.llava(folder);
                case GEMMA -> TinyProjectors.gemma(folder);
                case QWEN, QWEN_UNIFIED -> TinyProjectors.qwen(folder);
            };
            return TinyEngines.open(
                    model,
                    options -> change.apply(options.unifiedCache(name().endsWith("UNIFIED"))
                            .projector(LocalEngineOptions.Projector.of(projector))));
        }

        LocalEngine open(Path folder) {
            return open(folder, options -> options);
        }
    }

    private static final String BEFORE = "the cat sat on the mat and saw a picture of ";
    private static final String AFTER = " and then the dog ran to the red house";

    private static Prompt.Media image(long seed) {
        return new Prompt.Media(MediaFile.of("image", TinyImages.png(seed)));
    }

    private static Prompt showing(long seed, String after) {
        return new Prompt.Parts(List.of(Prompt.text(BEFORE), image(seed), Prompt.text(after)));
    }

    private static Generate greedy(Prompt prompt, int tokens) {
        return Generate.of(prompt).with(Sampling.greedySampling()).with(Limits.tokens(tokens));
    }

    /** How many images were encoded by now; the engine tells after its step. */
    private static long encoded(LocalEngine engine) throws InterruptedException {
        engine.checkInvariants();
        return engine.stats().mediaEncoded();
    }

    private static long evaluated(LocalEngine engine) throws InterruptedException {
        engine.checkInvariants();
        return engine.stats().promptTokensEvaluated();
    }

    private static double firstLogprob(Answer answer) {
        return answer.logprobs().getFirst().logprob();
    }

    @ParameterizedTest
    @EnumSource
    void thePictureChangesWhatIsLikelyNext(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            assertThat(engine.model().can(Capability.SEE)).isTrue();
            assertThat(engine.model().can(Capability.HEAR)).isFalse();
            Generate one =
                    greedy(showing(1, AFTER), 1).with(new Logprobs(20, false)).with(Generate.Cache.FRESH);
            Generate other = one.toBuilder().prompt(showing(2, AFTER)).build();
            Answer first = EngineFixture.run(engine, one);
            Answer again = EngineFixture.run(engine, one);
            Answer second = EngineFixture.run(engine, other);
            assertThat(again.logprobs()).isEqualTo(first.logprobs());
            assertThat(second.logprobs()).isNotEqualTo(first.logprobs());
            assertThat(Math.abs(firstLogprob(second) - firstLogprob(first))).isGreaterThan(1e-3);
            assertThat(encoded(engine)).isEqualTo(3);
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConversationAboutAPictureEncodesItOnce(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            String after = AFTER;
            for (int turn = 0; turn < 3; turn++) {
                Generate request = greedy(showing(1, after), 10);
                long encoded = encoded(engine);
                Answer answer = EngineFixture.run(engine, request);
                assertThat(encoded(engine) - encoded).as("turn %d", turn).isEqualTo(turn == 0 ? 1 : 0);
                assertThat(answer.text())
                        .isEqualTo(EngineFixture.run(engine, request.with(Generate.Cache.FRESH))
                                .text());
                engine.checkInvariants();
                after += answer.text() + " and " + turn;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheSamePictureIsFoundAgain(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            Answer first = EngineFixture.run(engine, greedy(showing(1, AFTER), 4));
            long evaluated = evaluated(engine);
            Answer same = EngineFixture.run(engine, greedy(showing(1, AFTER), 4));
            int prompt = first.finished().usage().promptTokens();
            assertThat(same.cachedTokens()).isEqualTo(prompt - 1);
            assertThat(evaluated(engine) - evaluated).isEqualTo(1);
            assertThat(same.text()).isEqualTo(first.text());
            Answer other = EngineFixture.run(engine, greedy(showing(2, AFTER), 4));
            assertThat(encoded(engine)).isEqualTo(2);
            assertThat(other.cachedTokens()).isLessThan(prompt / 2);
            engine.checkInvariants();
        }
    }

    @Test
    void oneStepComputesAPictureBesideThoseWhoStream(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = Kind.LLAVA.open(folder)) {
            List<String> expected = new ArrayList<>();
            List<Generate> requests = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                requests.add(greedy(i % 2 == 0 ? showing(i, AFTER) : Prompt.text(BEFORE + AFTER + i), 12 + i));
                expected.add(TinyEngines.alone(engine, requests.get(i)));
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

    @Test
    void severalContinuationsAndBeamsShareOnePicture(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = Kind.LLAVA.open(folder)) {
            Generate request = greedy(showing(3, AFTER), 6);
            List<Answer> answers = EngineFixture.runAll(engine, request.completions(3));
            assertThat(answers).hasSize(3);
            assertThat(answers)
                    .extracting(Answer::text)
                    .containsOnly(answers.getFirst().text());
            List<Answer> beams =
                    EngineFixture.runAll(engine, greedy(showing(4, AFTER), 6).with(Search.Beams.of(2)));
            assertThat(beams.getFirst().text()).isNotEmpty();
            assertThat(encoded(engine)).isEqualTo(2);
            engine.checkInvariants();
        }
    }

    @Test
    void twoPicturesMayFollowEachOther(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = Kind.LLAVA.open(folder)) {
            Prompt both = new Prompt.Parts(List.of(image(1), image(2), Prompt.text(AFTER)));
            Prompt swapped = new Prompt.Parts(List.of(image(2), image(1), Prompt.text(AFTER)));
            Answer answer = EngineFixture.run(engine, greedy(both, 1).with(new Logprobs(5, false)));
            Answer other = EngineFixture.run(engine, greedy(swapped, 1).with(new Logprobs(5, false)));
            assertThat(firstLogprob(other)).isNotEqualTo(firstLogprob(answer));
            assertThat(encoded(engine)).isEqualTo(4);
            assertThat(other.cachedTokens()).isLessThan(TinyProjectors.LLAVA_TOKENS);
            // what they share ends between the pictures, not within one
            Prompt partly = new Prompt.Parts(List.of(image(1), image(5), Prompt.text(AFTER)));
            Answer third = EngineFixture.run(engine, greedy(partly, 1));
            assertThat(third.cachedTokens()).isEqualTo(1 + TinyProjectors.LLAVA_TOKENS);
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAVA_UNIFIED", "QWEN_UNIFIED"})
    void whoMustMakeRoomGoesOnWhereItWas(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine =
                kind.open(folder, options -> options.contextSize(256).slots(4))) {
            List<Generate> requests = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                requests.add(greedy(showing(i, AFTER), 60)
                        .with(Sampling.builder().temperature(0).ignoreEos(true).build()));
                expected.add(TinyEngines.alone(engine, requests.get(i)));
            }
            List<Generation> together = requests.stream().map(engine::submit).toList();
            for (int i = 0; i < requests.size(); i++) {
                assertThat(EngineFixture.collect(together.get(i)).getFirst().text())
                        .as("request %d", i)
                        .isEqualTo(expected.get(i));
            }
            assertThat(engine.stats().preemptions()).isPositive();
            engine.checkInvariants();
        }
    }

    @Test
    void aContextWithAPictureIsNotShifted(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = Kind.LLAVA.open(folder, options -> options.contextSize(512))) {
            Generate endless = greedy(showing(1, AFTER), 4000)
                    .with(Limits.tokens(4000).shiftingContext(new Limits.ContextShift(8, 0)))
                    .with(Sampling.builder().temperature(0).ignoreEos(true).build());
            assertThat(EngineFixture.run(engine, endless).finished().reason()).isEqualTo(FinishReason.CONTEXT_FULL);
            assertThat(engine.stats().contextShifts()).isZero();
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoLeavesInTheMiddleLeavesNothingBehind(Kind kind, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = kind.open(folder)) {
            List<Prompt> parts = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                parts.add(image(i));
            }
            parts.add(Prompt.text(AFTER));
            Generate request = greedy(new Prompt.Parts(parts), 100).with(new Generate.Output(false, true));
            try (Generation generation = engine.submit(request)) {
                Event event = generation.next();
                while (!(event instanceof Event.Progress)) {
                    assertThat(generation.ended()).as(event.toString()).isFalse();
                    event = generation.next();
                }
                generation.cancel();
                while (!generation.ended()) {
                    generation.next();
                }
            }
            assertThat(encoded(engine)).isLessThanOrEqualTo(6);
            assertThat(EngineFixture.run(engine, greedy(showing(1, AFTER), 3)).text())
                    .isNotEmpty();
            engine.checkInvariants();
        }
    }

    @Test
    void whatCannotBeShownIsRefused(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = Kind.LLAVA.open(folder)) {
            byte[] bomb = TinyImages.png(4, 4, new byte[1 << 20]);
            Prompt unpacksToMore =
                    new Prompt.Parts(List.of(new Prompt.Media(MediaFile.of("image", bomb)), Prompt.text(AFTER)));
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy(unpacksToMore, 1)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("unpacks to more");
            byte[] torn = TinyImages.png(4, 4, new byte[4]);
            Prompt tooShort =
                    new Prompt.Parts(List.of(new Prompt.Media(MediaFile.of("image", torn)), Prompt.text(AFTER)));
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy(tooShort, 1)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("decoded");
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy(new Prompt.Parts(List.of(image(1))), 1)))
                    .hasMessageContaining("text behind");
            assertThatThrownBy(() -> new Prompt.Parts(List.of(Prompt.tokens(1), image(1))))
                    .isInstanceOf(InvalidRequestException.class);
            assertThat(EngineFixture.run(engine, greedy(showing(1, AFTER), 3)).text())
                    .isNotEmpty();
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava", "tiles", "gemma", "qwen"})
    void picturesOfAnyShapeAreTakenOrRefused(String projector, @TempDir Path folder) throws Exception {
        Path file = switch (projector) {
            case "llava" -> TinyProjectors.llava(folder);
            case "tiles" -> TinyProjectors.tiles(folder);
            case "gemma" -> TinyProjectors.gemma(folder);
            default -> TinyProjectors.qwen(folder);
        };
        Path model = projector.equals("qwen") ? TinyModels.multiAxis(folder) : TinyModels.llama(folder);
        int[][] shapes = {{1, 1}, {1, 2}, {1, 200}, {200, 1}, {3, 599}, {599, 3}, {31, 33}, {640, 480}, {5000, 25}};
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.projector(LocalEngineOptions.Projector.of(file)))) {
            int taken = 0;
            for (int[] shape : shapes) {
                Prompt.Media image = new Prompt.Media(MediaFile.of("image", TinyImages.png(1, shape[0], shape[1])));
                try {
                    EngineFixture.run(engine, greedy(new Prompt.Parts(List.of(image, Prompt.text(AFTER))), 2));
                    taken++;
                } catch (EngineException e) {
                    assertThat(e.error())
                            .as("%d x %d", shape[0], shape[1])
                            .isInstanceOfAny(EngineError.Invalid.class, EngineError.ContextExceeded.class);
                }
            }
            assertThat(taken).isGreaterThan(4);
            engine.checkInvariants();
        }
    }

    @Test
    void tilesOfAPictureAreEncodedOneByOneAndKept(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.projector(LocalEngineOptions.Projector.of(TinyProjectors.tiles(folder))))) {
            Prompt.Media wide = new Prompt.Media(MediaFile.of("image", TinyImages.png(1, 64, 64)));
            Generate request = greedy(new Prompt.Parts(List.of(wide, Prompt.text(AFTER))), 6);
            Answer answer = EngineFixture.run(engine, request);
            assertThat(encoded(engine)).isEqualTo(5);
            assertThat(EngineFixture.run(engine, request).text()).isEqualTo(answer.text());
            assertThat(encoded(engine)).isEqualTo(5);
        }
    }

    @Test
    void soundIsHeardLikeAPictureIsSeen(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.projector(LocalEngineOptions.Projector.of(TinyProjectors.ultravox(folder))))) {
            assertThat(engine.model().can(Capability.HEAR)).isTrue();
            assertThat(engine.model().can(Capability.SEE)).isFalse();
            Answer one = EngineFixture.run(engine, heard(1, 2));
            Answer again = EngineFixture.run(engine, heard(1, 2));
            Answer other = EngineFixture.run(engine, heard(2, 2));
            assertThat(firstLogprob(again)).isCloseTo(firstLogprob(one), within(1e-3));
            assertThat(firstLogprob(other)).isNotCloseTo(firstLogprob(one), within(1e-2));
            assertThat(again.cachedTokens()).isEqualTo(again.finished().usage().promptTokens() - 1);
            assertThat(encoded(engine)).isEqualTo(2);
            EngineFixture.run(engine, heard(3, 40));
            assertThat(encoded(engine)).as("in half minutes").isEqualTo(4);
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy(showing(1, AFTER), 1)))
                    .hasMessageContaining("no images");
            engine.checkInvariants();
        }
    }

    private static Generate heard(long seed, int seconds) {
        Prompt.Media sound = new Prompt.Media(MediaFile.of("sound", TinySounds.wav(seed, seconds)));
        Prompt prompt = new Prompt.Parts(List.of(Prompt.text(BEFORE), sound, Prompt.text(AFTER)));
        return greedy(prompt, 1).with(new Logprobs(5, false));
    }

    @Test
    void aModelWithoutAProjectorSaysSo(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy(showing(1, AFTER), 1)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("no projector");
        }
    }
}
