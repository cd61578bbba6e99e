package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each sampler against its definition, on the logits of a model: what it keeps, with which probabilities. */
@ExtendWith(QuietNativeLog.class)
class SamplerDefinitionsTest {

    private static final int MANY = 300;

    private final Model model = SmolModel.open();
    private final Vocabulary vocabulary = model.vocabulary();
    private final Context context = model.newContext(SmolModel.options().build());
    private final Batch batch = new Batch(256);
    private final SamplingRows rows = new SamplingRows(1, 1000);
    private int output;
    private Distribution all = new Distribution(List.of());
    private Distribution many = all;

    @BeforeEach
    void decode() {
        output = SmolModel.decode(context, batch, vocabulary.tokenize("My favourite animal is the", true, true), 0, 0);
        all = Distribution.of(SmolModel.logits(context, output));
        many = all.first(MANY);
    }

    @AfterEach
    void close() {
        rows.close();
        batch.close();
        model.close();
    }

    private SamplerChain.Builder chain() {
        return SamplerChain.builder(vocabulary);
    }

    private void assertLeaves(Distribution expected, SamplerChain.Builder steps, int... seen) {
        try (SamplerChain chain = steps.build()) {
            chain.accept(seen);
            rows.clear();
            rows.add(chain, null, output, 1000, true);
            assertThat(rows.sample(context)).as(() -> rows.message(0)).isZero();
        }
        double[] probabilities = expected.probabilities();
        int shown = Math.min(expected.size(), 1000);
        assertThat(rows.topCount(0)).isEqualTo(shown);
        for (int rank = 0; rank < shown; rank++) {
            assertThat((double) rows.topLogprob(0, rank))
                    .as("rank %d", rank)
                    .isCloseTo(Math.log(probabilities[rank]), within(1e-4));
            if (rank + 1 == shown || expected.logit(rank) > expected.logit(rank + 1) + 1e-5) {
                assertThat(rows.topToken(0, rank)).as("rank %d", rank).isEqualTo(expected.id(rank));
            }
        }
    }

    private void assertLeaves(Distribution expected, UnaryOperator<SamplerChain.Builder> afterTopK) {
        assertLeaves(expected, afterTopK.apply(chain().topK(MANY)).dist(1));
    }

    private static Distribution topP(Distribution given, double p) {
        double[] probabilities = given.probabilities();
        double sum = 0;
        for (int rank = 0; rank < given.size(); rank++) {
            sum += probabilities[rank];
            if (sum >= p) {
                return given.first(rank + 1);
            }
        }
        return given;
    }

    private static Distribution minP(Distribution given, double p) {
        double least = given.logit(0) + Math.log(p);
        return given.first((int)
                given.tokens().stream().filter(token -> token.logit() >= least).count());
    }

    @Test
    void topK() {
        for (int k : new int[] {1, 7, 40, 129, 600}) {
            assertLeaves(all.first(k), chain().topK(k).dist(1));
        }
    }

    @Test
    void topP() {
        for (double p : new double[] {0.1, 0.5, 0.8}) {
            assertLeaves(topP(all, p), chain().topP((float) p, 1).dist(1));
            assertLeaves(topP(many, p), steps -> steps.topP((float) p, 1));
        }
    }

    @Test
    void minP() {
        for (double p : new double[] {0.02, 0.1, 0.7}) {
            assertLeaves(minP(all, p), chain().minP((float) p, 1).dist(1));
            assertLeaves(minP(many, p), steps -> steps.minP((float) p, 1));
        }
    }

    @Test
    void temperature() {
        for (double t : new double[] {0.3, 0.8, 2.5}) {
            assertLeaves(many.with(rank -> many.logit(rank) / t), steps -> steps.temperature((float) t));
            assertLeaves(
                    many.with(rank -> many.logit(rank) / t),
                    chain().temperature((float) t).topK(MANY).dist(1));
        }
    }

    @Test
    void huggingFacesOrderKeepsByTheTemperature() {
        Distribution warm = all.with(rank -> all.logit(rank) / 1.7).first(50);
        assertLeaves(
                topP(warm, 0.8),
                chain().temperature(1.7f).topK(50).topP(0.8f, 1).dist(1));
    }

    @Test
    void dynamicTemperature() {
        double normalised = many.entropy() / Math.log(MANY);
        double t = 0.5 + (1.5 - 0.5) * Math.pow(normalised, 1.2);
        assertLeaves(many.with(rank -> many.logit(rank) / t), steps -> steps.temperature(1, 0.5f, 1.2f));
    }

    @Test
    void typical() {
        double entropy = many.entropy();
        double[] p = many.probabilities();
        List<Integer> byTypicality = IntStream.range(0, MANY)
                .boxed()
                .sorted(Comparator.comparingDouble(rank -> Math.abs(-Math.log(p[rank]) - entropy)))
                .toList();
        List<Integer> kept = new ArrayList<>();
        double sum = 0;
        for (int rank : byTypicality) {
            kept.add(rank);
            sum += p[rank];
            if (sum > 0.4) {
                break;
            }
        }
        assertLeaves(many.ranked(kept), steps -> steps.typical(0.4f, 1));
    }

    @Test
    void tailFree() {
        double[] p = many.probabilities();
        double[] curvature = IntStream.range(0, MANY - 2)
                .mapToDouble(i -> Math.abs((p[i] - p[i + 1]) - (p[i + 1] - p[i + 2])))
                .toArray();
        double total = IntStream.range(0, curvature.length)
                .mapToDouble(i -> curvature[i])
                .sum();
        for (double z : new double[] {0.3, 0.7, 0.95}) {
            double sum = 0;
            int kept = 0;
            while (true) {
                sum += curvature[kept] / total;
                if (sum > z && kept >= 1) {
                    break;
                }
                kept++;
            }
            int cut = kept;
            assertLeaves(many.first(cut), steps -> steps.tailFree((float) z, 1));
        }
        assertLeaves(many, steps -> steps.tailFree(1, 1));
    }

    @Test
    void topNSigma() {
        double mean = all.tokens().stream()
                .mapToDouble(Distribution.Token::logit)
                .average()
                .orElseThrow();
        double variance = all.tokens().stream()
                .mapToDouble(token -> (token.logit() - mean) * (token.logit() - mean))
                .average()
                .orElseThrow();
        double least = all.logit(0) - 1.5 * Math.sqrt(variance);
        int kept = (int)
                all.tokens().stream().filter(token -> token.logit() >= least).count();
        assertLeaves(all.first(kept), chain().topNSigma(1.5f).dist(1));
        assertLeaves(
                all.first(Math.min(kept, 20)), chain().topNSigma(1.5f).topK(20).dist(1));
    }

    @Test
    void xtcLeavesOutAllButTheLastAboveTheThreshold() {
        double threshold = many.probabilities()[2] * 0.999;
        assertLeaves(many.from(2), steps -> steps.xtc(1, (float) threshold, 0, 3));
        assertLeaves(many, steps -> steps.xtc(0, (float) threshold, 0, 3));
    }

    @Test
    void penalties() {
        int[] seen = {all.id(0), all.id(0), all.id(2), all.id(0)};
        Distribution expected = all.with(rank -> {
            int count = rank == 0 ? 3 : rank == 2 ? 1 : 0;
            double logit = all.logit(rank);
            return count == 0 ? logit : (logit <= 0 ? logit * 1.3 : logit / 1.3) - count * 0.2 - 0.4;
        });
        assertLeaves(
                expected.first(100),
                chain().penalties(4, 1.3f, 0.2f, 0.4f).topK(100).dist(1),
                seen);
        Distribution last = all.with(rank -> rank == 0 ? all.logit(0) / 1.3 : all.logit(rank));
        assertThat(all.logit(0)).isPositive();
        assertLeaves(last.first(100), chain().penalties(1, 1.3f, 0, 0).topK(100).dist(1), seen);
    }

    @Test
    void dryPenalisesWhatWouldGoOnWithARepetition() {
        int next = all.id(1);
        int[] seen = {500, 501, 502, next, 600, 500, 501, 502};
        Distribution expected =
                all.with(rank -> all.logit(rank) - (all.id(rank) == next ? 0.8 * Math.pow(1.75, 3 - 2) : 0));
        assertLeaves(
                expected.first(100),
                chain().dry(0.8f, 1.75f, 2, 64, List.of()).topK(100).dist(1),
                seen);
        assertLeaves(
                all.first(100),
                chain().dry(0.8f, 1.75f, 4, 64, List.of()).topK(100).dist(1),
                seen);
    }

    @Test
    void logitBias() {
        Distribution expected = all.with(rank -> switch (rank) {
            case 0 -> Double.NEGATIVE_INFINITY;
            case 90 -> all.logit(rank) + 7;
            default -> all.logit(rank);
        });
        int[] tokens = {all.id(0), all.id(90)};
        assertLeaves(
                expected.first(80),
                chain().logitBias(tokens, new float[] {Float.NEGATIVE_INFINITY, 7})
                        .topK(80)
                        .dist(1));
    }

    @Test
    void mirostatBeginsAtTwiceItsSurprise() {
        double[] p = many.probabilities();
        int kept = (int) IntStream.range(0, MANY)
                .filter(rank -> -Math.log(p[rank]) / Math.log(2) <= 2 * 2.2)
                .count();
        assertLeaves(many.first(kept), chain().topK(MANY).mirostatV2(1, 2.2f, 0.1f));

        double numerator = 0;
        double denominator = 0;
        for (int i = 0; i < 99; i++) {
            double t = Math.log((i + 2.0) / (i + 1.0));
            numerator += t * Math.log(p[i] / p[i + 1]);
            denominator += t * t;
        }
        double s = numerator / denominator;
        double epsilon = s - 1;
        double k = Math.pow(epsilon * Math.pow(2, 2 * 3.0) / (1 - Math.pow(vocabulary.size(), -epsilon)), 1 / s);
        assertLeaves(many.first(Math.max((int) k, 1)), chain().topK(MANY).mirostat(1, 3, 0.1f, 100));
    }

    @Test
    void adaptivePPrefersProbabilitiesNearItsTarget() {
        double[] p = many.probabilities();
        Distribution expected = many.with(rank -> {
            double distance = Math.abs(p[rank] - 0.3) / 0.3;
            return 5 - 10 * distance * distance / (1 + distance);
        });
        // The first target is the given one: an average of what was not yet chosen counts as on target.
        assertLeaves(expected, chain().topK(MANY).adaptiveP(0.3f, 0.5f, 1));
    }

    @Test
    void tokensAreDrawnByTheirProbabilities() {
        Distribution few = all.first(8);
        double[] p = few.probabilities();
        int draws = 20_000;
        int[] count = new int[8];
        try (SamplerChain chain = chain().topK(8).dist(99).build()) {
            for (int i = 0; i < draws; i++) {
                rows.clear();
                rows.add(chain, null, output, 0, false);
                assertThat(rows.sample(context)).isZero();
                int token = rows.token(0);
                count[
                        IntStream.range(0, 8)
                                .filter(rank -> few.id(rank) == token)
                                .findFirst()
                                .orElseThrow()]++;
            }
        }
        double chiSquare = IntStream.range(0, 8)
                .mapToDouble(rank -> Math.pow(count[rank] - draws * p[rank], 2) / (draws * p[rank]))
                .sum();
        assertThat(chiSquare)
                .as("chi-square, 7 degrees of freedom: 1 in 10,000")
                .isLessThan(29.9);
    }
}
