package dev.corral.engine.local.beam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.FinishReason;
import dev.corral.engine.Search.Beams;
import dev.corral.engine.Search.EarlyStopping;
import dev.corral.engine.local.beam.BeamSearch.Option;
import dev.corral.engine.local.beam.BeamSearch.Survivor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the search, on a language whose probabilities depend on the token before. Token 0 ends a text. */
class BeamSearchTest {

    private static final int END = 0;

    private static double[][] language(long seed, int tokens) {
        Random random = new Random(seed);
        double[][] logprobs = new double[tokens][tokens];
        for (double[] row : logprobs) {
            Arrays.setAll(row, i -> Math.exp(2 * random.nextGaussian()));
            double sum = Arrays.stream(row).sum();
            Arrays.setAll(row, i -> Math.log(row[i] / sum));
        }
        return logprobs;
    }

    private record Run(List<Beam> best, int steps) {}

    private static Run run(Beams rules, int maxLength, double[][] language, @Nullable SplittableRandom random) {
        BeamSearch search = new BeamSearch(
                rules, maxLength, 1, (beam, token) -> token == END ? FinishReason.END_OF_TEXT : null, random);
        int steps = 0;
        while (!search.isOver()) {
            List<@Nullable List<Option>> options = new ArrayList<>();
            for (int place = 0; place < rules.count(); place++) {
                Beam beam = search.beam(place);
                options.add(beam == null ? null : options(language[beam.length() == 0 ? 1 : beam.token()]));
            }
            List<Survivor> survivors = search.advance(options);
            Beam[] next = new Beam[rules.count()];
            for (int i = 0; i < survivors.size(); i++) {
                next[i] = survivors.get(i).beam();
            }
            search.place(next);
            steps++;
        }
        return new Run(search.best(rules.count()), steps);
    }

    private static List<Option> options(double[] row) {
        List<Option> options = new ArrayList<>();
        for (int token = 0; token < row.length; token++) {
            options.add(new Option(token, row[token], row[token], List.of()));
        }
        return options;
    }

    /** Every text of the language up to a length, with its score. */
    private static List<Double> exhaustive(double[][] language, int maxLength, double lengthPenalty) {
        List<Double> scores = new ArrayList<>();
        collect(language, 1, 0, 0, maxLength, lengthPenalty, scores);
        scores.sort((a, b) -> Double.compare(b, a));
        return scores;
    }

    private static void collect(
            double[][] language,
            int last,
            double sum,
            int length,
            int maxLength,
            double lengthPenalty,
            List<Double> scores) {
        for (int token = 0; token < language.length; token++) {
            double longer = sum + language[last][token];
            if (token == END || length + 1 == maxLength) {
                scores.add(longer / Math.pow(length + 1, lengthPenalty));
            } else {
                collect(language, token, longer, length + 1, maxLength, lengthPenalty, scores);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 1, 2, -1})
    void withEnoughBeamsItFindsTheBestOfAllTexts(double lengthPenalty) {
        for (long seed = 1; seed <= 20; seed++) {
            double[][] language = language(seed, 4);
            // more beams than there are texts: nothing is left out
            Run run = run(new Beams(64, lengthPenalty, EarlyStopping.NEVER, false), 4, language, null);
            List<Double> best = exhaustive(language, 4, lengthPenalty);
            for (int i = 0; i < 10; i++) {
                assertThat(run.best().get(i).normalized(lengthPenalty))
                        .isCloseTo(best.get(i), org.assertj.core.api.Assertions.within(1e-9));
            }
        }
    }

    @Test
    void oneBeamIsGreedy() {
        double[][] language = language(5, 6);
        List<Integer> greedy = new ArrayList<>();
        for (int last = 1; greedy.size() < 8 && (greedy.isEmpty() || last != END); ) {
            double[] row = language[last];
            last = 0;
            for (int token = 1; token < row.length; token++) {
                last = row[token] > row[last] ? token : last;
            }
            greedy.add(last);
        }
        Run run = run(Beams.of(1), 8, language, null);
        assertThat(run.best().getFirst().tokens())
                .isEqualTo(greedy.stream().mapToInt(Integer::intValue).toArray());
    }

    @Test
    void earlyStoppingEndsSoonerAndNeverLater() {
        int sooner = 0;
        for (long seed = 1; seed <= 50; seed++) {
            double[][] language = language(seed, 5);
            Run atOnce = run(new Beams(3, 1, EarlyStopping.AT_ONCE, false), 12, language, null);
            Run estimated = run(new Beams(3, 1, EarlyStopping.ESTIMATED, false), 12, language, null);
            Run never = run(new Beams(3, 1, EarlyStopping.NEVER, false), 12, language, null);
            assertThat(atOnce.steps()).isLessThanOrEqualTo(estimated.steps());
            assertThat(estimated.steps()).isLessThanOrEqualTo(never.steps());
            double best = never.best().getFirst().normalized(1);
            assertThat(estimated.best().getFirst().normalized(1)).isLessThanOrEqualTo(best);
            assertThat(atOnce.best().getFirst().normalized(1)).isLessThanOrEqualTo(best);
            sooner += atOnce.steps() < never.steps() ? 1 : 0;
        }
        assertThat(sooner).isGreaterThan(10);
    }

    @Test
    void sampledBeamsAreDrawnByTheirProbabilities() {
        double[][] language = language(3, 3);
        SplittableRandom random = new SplittableRandom(11);
        int[] counts = new int[3];
        int rounds = 20_000;
        for (int round = 0; round < rounds; round++) {
            // one beam, two candidates of three: the first drawn is not told, so count which one is left out
            Set<Integer> seen = new HashSet<>();
            BeamSearch search = new BeamSearch(Beams.of(1), 5, 0, (beam, token) -> null, random);
            search.advance(List.of(options(language[1])))
                    .forEach(survivor -> seen.add(survivor.beam().token()));
            seen.forEach(token -> counts[token]++);
        }
        // the likelier of the two that were drawn goes on
        double[] p = Arrays.stream(language[1]).map(Math::exp).toArray();
        double[] expected = new double[3];
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) {
                if (a != b) {
                    expected[p[a] >= p[b] ? a : b] += p[a] * p[b] / (1 - p[a]);
                }
            }
        }
        for (int token = 0; token < 3; token++) {
            double deviation = Math.sqrt(expected[token] * (1 - expected[token]) / rounds);
            assertThat(counts[token] / (double) rounds)
                    .isCloseTo(expected[token], org.assertj.core.api.Assertions.within(5 * deviation + 1e-6));
        }
    }
}
