package dev.corral.engine.local.beam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.Search.Beams;
import dev.corral.engine.Search.BestOf;
import dev.corral.engine.Search.EarlyStopping;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.DirectScores;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beam search and best_of on tiny models. */
class BeamsTest {

    private static final int END = 2;
    private static final int[] ALLOWED = {END, 310, 320, 330};

    @TempDir
    private Path folder;

    private static double mean(Answer answer) {
        return answer.logprobs().stream()
                .mapToDouble(TokenLogprob::logprob)
                .average()
                .orElseThrow();
    }

    private static Sampling only(int vocabulary, int... allowed) {
        List<LogitBias> bans = IntStream.range(0, vocabulary)
                .filter(token -> IntStream.of(allowed).noneMatch(one -> one == token))
                .<LogitBias>mapToObj(token -> new LogitBias.OfToken(token, Double.NEGATIVE_INFINITY))
                .toList();
        return Sampling.greedySampling().toBuilder().logitBias(bans).build();
    }

    private record Text(List<Integer> tokens, double score) {}

    private static void collect(
            DirectScores direct, int[] prompt, List<Integer> text, double sum, double lengthPenalty, List<Text> found) {
        int[] all = IntStream.concat(IntStream.of(prompt), text.stream().mapToInt(Integer::intValue))
                .toArray();
        double[] row = direct.after(all)[all.length - 1];
        for (int token : ALLOWED) {
            List<Integer> longer = new ArrayList<>(text);
            longer.add(token);
            double total = sum + row[token];
            if (token == END || longer.size() == 4) {
                found.add(new Text(longer, total / Math.pow(longer.size(), lengthPenalty)));
            } else {
                collect(direct, prompt, longer, total, lengthPenalty, found);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 1", "true, 0", "false, 1", "false, 2"})
    void findsWhatAnExhaustiveSearchFinds(boolean unified, double lengthPenalty) throws Exception {
        Path model = TinyModels.llama(folder);
        int beams = 40;
        try (LocalEngine engine = TinyEngines.open(
                        model,
                        options -> options.slots(beams).contextSize(64 * beams).unifiedCache(unified));
                DirectScores direct = new DirectScores(model)) {
            int[] prompt = new Random(3).ints(12, 300, 500).toArray();
            Generate request = Generate.of(Prompt.tokens(prompt))
                    .with(only(engine.model().vocabulary().size(), ALLOWED))
                    .with(Limits.tokens(4))
                    .with(Logprobs.top(1).withPrompt())
                    .completions(6)
                    .with(new Beams(beams, lengthPenalty, EarlyStopping.NEVER, false));
            List<Answer> answers = EngineFixture.runAll(engine, request);
            List<Text> all = new ArrayList<>();
            collect(direct, prompt, List.of(), 0, lengthPenalty, all);
            all.sort(Comparator.comparingDouble(Text::score).reversed());
            for (int i = 0; i < 6; i++) {
                assertThat(answers.get(i).tokens()).isEqualTo(all.get(i).tokens());
                double sum = answers.get(i).logprobs().stream()
                        .mapToDouble(TokenLogprob::logprob)
                        .sum();
                assertThat(sum / Math.pow(answers.get(i).tokens().size(), lengthPenalty))
                        .isCloseTo(all.get(i).score(), within(1e-4));
                assertThat(answers.get(i).finished().reason())
                        .isEqualTo(
                                all.get(i).tokens().getLast() == END ? FinishReason.END_OF_TEXT : FinishReason.LIMIT);
            }
            assertThat(engine.stats().promptTokensEvaluated()).isEqualTo(prompt.length);
            engine.checkInvariants();
            assertThat(engine.stats().running()).isZero();
        }
    }

    @Test
    void oneBeamIsGreedyAndMoreAreAtLeastAsLikely() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            Generate greedy = TinyEngines.greedy("the cat sat on", 12).with(Logprobs.top(1));
            Answer plain = EngineFixture.run(engine, greedy);
            assertThat(EngineFixture.run(engine, greedy.with(Beams.of(1))).text())
                    .isEqualTo(plain.text());
            Answer best = EngineFixture.run(engine, greedy.with(Beams.of(4)));
            assertThat(mean(best)).isGreaterThanOrEqualTo(mean(plain));
            assertThat(best.finished().usage().generatedTokens()).isEqualTo(12);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"recurrent", "hybrid", "window"})
    void memoriesThatCantBeCutCanBeForked(String kind) throws Exception {
        Path model = switch (kind) {
            case "recurrent" -> TinyModels.mamba(folder);
            case "hybrid" -> TinyModels.hybrid(folder);
            default -> TinyModels.slidingWindow(folder);
        };
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            Generate request = TinyEngines.greedy("the cat sat on the mat and the dog ran to the red house", 10)
                    .completions(3)
                    .with(Beams.of(3))
                    .with(Logprobs.top(1));
            List<Answer> answers = EngineFixture.runAll(engine, request);
            assertThat(answers).extracting(Answer::text).doesNotHaveDuplicates();
            assertThat(mean(answers.get(0))).isGreaterThanOrEqualTo(mean(answers.get(1)));
            assertThat(EngineFixture.runAll(engine, request))
                    .extracting(Answer::text)
                    .isEqualTo(answers.stream().map(Answer::text).toList());
            engine.checkInvariants();
        }
    }

    @Test
    void aStopStringEndsABeam() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            Generate request = TinyEngines.greedy("the cat sat on", 16);
            String text = EngineFixture.run(engine, request.with(Beams.of(1))).text();
            String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
            Answer stopped = EngineFixture.run(engine, request.with(Beams.of(1)).stopAt(List.of(stop)));
            assertThat(stopped.finished().reason()).isEqualTo(FinishReason.STOP_STRING);
            assertThat(stopped.finished().stoppingWord()).contains(stop);
            assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
        }
    }

    private static Sampling hot(int seed) {
        return Sampling.defaults().toBuilder()
                .temperature(4)
                .topK(0)
                .topP(1)
                .minP(0)
                .seed(seed)
                .build();
    }

    @Test
    void sampledBeamsRepeatWithTheirSeed() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            Generate request = Generate.of(Prompt.text("the cat sat on"))
                    .with(hot(7))
                    .with(Limits.tokens(10))
                    .with(new Beams(3, 1, EarlyStopping.ESTIMATED, true));
            String first = EngineFixture.run(engine, request).text();
            assertThat(EngineFixture.run(engine, request).text()).isEqualTo(first);
            List<String> others = new ArrayList<>();
            for (int seed = 1; seed < 6; seed++) {
                others.add(EngineFixture.run(engine, request.with(hot(seed))).text());
            }
            assertThat(others).anyMatch(text -> !text.equals(first));
        }
    }

    @Test
    void aGroupWaitsForItsSlotsAndHoldsUpNobody() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options.slots(3))) {
            Generation running = engine.submit(TinyEngines.greedy("one two three", 300));
            while (!(running.next() instanceof Event.Delta)) {}
            Generation group = engine.submit(
                    TinyEngines.greedy("the cat sat on", 6).completions(3).with(Beams.of(3)));
            // comes after the group, and ends before it can begin
            assertThat(EngineFixture.run(engine, TinyEngines.greedy("and the dog", 5))
                            .tokens())
                    .hasSize(5);
            assertThat(engine.stats().queued()).isEqualTo(1);
            running.cancel();
            assertThat(EngineFixture.collect(group)).hasSize(3);
            EngineFixture.collect(running);
            engine.checkInvariants();
        }
    }

    @Test
    void aCancelledGroupFreesItsSlots() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            Generation group = engine.submit(
                    TinyEngines.greedy("the cat sat on", 400).completions(2).with(Beams.of(4)));
            while (engine.stats().tokensGenerated() + engine.stats().steps() < 20) {
                Thread.onSpinWait();
            }
            group.cancel();
            assertThat(EngineFixture.collect(group))
                    .hasSize(2)
                    .allSatisfy(answer -> assertThat(answer.finished().reason()).isEqualTo(FinishReason.CANCELLED));
            engine.checkInvariants();
            assertThat(engine.stats().running()).isZero();
        }
    }

    @Test
    void beamsThatOutgrowTheCacheFailAlone() throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.contextSize(256).unifiedCache(true).slots(32))) {
            // even beams that part late have a token of their own each
            Generate request = TinyEngines.greedy("the cat sat on", 245).with(Beams.of(32));
            assertThatThrownBy(() -> EngineFixture.run(engine, request))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            failure -> assertThat(failure.error()).isInstanceOf(EngineError.Unsupported.class));
            assertThat(EngineFixture.run(engine, TinyEngines.greedy("the cat", 4))
                            .tokens())
                    .hasSize(4);
            engine.checkInvariants();
        }
    }

    @Test
    void whatCantBeIsRefused() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            assertThatThrownBy(() ->
                            EngineFixture.run(engine, TinyEngines.greedy("a", 4).with(Beams.of(5))))
                    .hasMessageContaining("'num_beams' must be at most 4");
            assertThatThrownBy(
                            () -> TinyEngines.greedy("a", 4).with(Beams.of(2)).completions(3))
                    .hasMessageContaining("num_beams");
            assertThatThrownBy(() -> EngineFixture.run(
                            engine,
                            TinyEngines.greedy("a", 4)
                                    .with(Sampling.defaults().toBuilder()
                                            .xtc(0.5, 0.1)
                                            .build())
                                    .with(Beams.of(2))))
                    .hasMessageContaining("xtc_probability");
        }
    }

    @Test
    void theBestOfSeveralHaveTheHighestMeanLogprob() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            Generate request = Generate.of(Prompt.text("the cat sat on"))
                    .with(Sampling.defaults().toBuilder().seed(3).build())
                    .with(Limits.tokens(8))
                    .with(Logprobs.top(1));
            List<Answer> each = new ArrayList<>(EngineFixture.runAll(engine, request.completions(6)));
            each.sort(Comparator.comparingDouble(BeamsTest::mean).reversed());
            List<Answer> best =
                    EngineFixture.runAll(engine, request.completions(2).with(new BestOf(6)));
            assertThat(best)
                    .extracting(Answer::text)
                    .containsExactly(each.get(0).text(), each.get(1).text());
            assertThat(EngineFixture.runAll(
                                    engine,
                                    request.with(Logprobs.NONE).completions(2).with(new BestOf(6)))
                            .getFirst()
                            .logprobs())
                    .isEmpty();
        }
    }
}
