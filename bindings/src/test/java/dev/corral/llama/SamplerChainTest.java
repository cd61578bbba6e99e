package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietNativeLog.class)
class SamplerChainTest {

    private final Model model = SmolModel.open();
    private final Vocabulary vocabulary = model.vocabulary();
    private final Context context = model.newContext(SmolModel.options().build());
    private final Batch batch = new Batch(256);
    private final SamplingRows rows = new SamplingRows(1, 0);
    private int output;

    @BeforeEach
    void decode() {
        output = SmolModel.decode(context, batch, vocabulary.tokenize("My favourite animal is the", true, true), 0, 0);
    }

    @AfterEach
    void close() {
        rows.close();
        batch.close();
        model.close();
    }

    private int sample(SamplerChain chain) {
        rows.clear();
        rows.add(chain, null, output, 0, false);
        assertThat(rows.sample(context)).as(() -> rows.message(0)).isZero();
        return rows.token(0);
    }

    private int sampleOnce(UnaryOperator<SamplerChain.Builder> steps) {
        try (SamplerChain chain = steps.apply(SamplerChain.builder(vocabulary)).build()) {
            return sample(chain);
        }
    }

    private List<Integer> sample(SamplerChain chain, int count) {
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tokens.add(sample(chain));
        }
        return tokens;
    }

    @Test
    void greedyTakesTheLikeliest() {
        assertThat(sampleOnce(SamplerChain.Builder::greedy))
                .isEqualTo(SmolModel.likeliest(SmolModel.logits(context, output)));
        assertThat(sampleOnce(steps -> steps.topK(1).temperature(5).dist(7)))
                .isEqualTo(SmolModel.likeliest(SmolModel.logits(context, output)));
        assertThat(sampleOnce(steps -> steps.temperature(0).dist(7)))
                .isEqualTo(SmolModel.likeliest(SmolModel.logits(context, output)));
    }

    @Test
    void aSeedGivesTheSameTokensEachTime() {
        try (SamplerChain first = random(42);
                SamplerChain second = random(42);
                SamplerChain third = random(43)) {
            List<Integer> tokens = sample(first, 20);

            assertThat(tokens.stream().distinct().count()).isGreaterThan(3);
            assertThat(sample(second, 20)).isEqualTo(tokens);
            assertThat(sample(third, 20)).isNotEqualTo(tokens);
            first.reset();
            assertThat(sample(first, 20)).isEqualTo(tokens);
            assertThat(first.seed()).isEqualTo(42);
        }
    }

    private SamplerChain random(int seed) {
        return SamplerChain.builder(vocabulary)
                .topK(40)
                .temperature(1.5f)
                .dist(seed)
                .build();
    }

    @Test
    void aRandomSeedIsToldAfterwards() {
        try (SamplerChain first = random(SamplerChain.RANDOM_SEED);
                SamplerChain second = random(SamplerChain.RANDOM_SEED)) {
            assertThat(first.seed()).isNotEqualTo(SamplerChain.RANDOM_SEED).isNotEqualTo(second.seed());
            List<Integer> tokens = sample(first, 20);
            try (SamplerChain again = random(first.seed())) {
                assertThat(sample(again, 20)).isEqualTo(tokens);
            }
        }
    }

    @Test
    void aCopyGoesOnWhereTheOriginalIs() {
        try (SamplerChain chain = random(1)) {
            sample(chain, 5);
            try (SamplerChain copy = chain.copy()) {
                assertThat(copy.length()).isEqualTo(3);
                assertThat(sample(copy, 20)).isEqualTo(sample(chain, 20));
            }
        }
    }

    @Test
    void biasesForbidAndForce() {
        int likeliest = sampleOnce(SamplerChain.Builder::greedy);

        assertThat(sampleOnce(steps -> steps.logitBias(new int[] {likeliest}, new float[] {Float.NEGATIVE_INFINITY})
                        .greedy()))
                .isNotEqualTo(likeliest);
        assertThat(sampleOnce(steps ->
                        steps.logitBias(new int[] {1234}, new float[] {1000}).greedy()))
                .isEqualTo(1234);
    }

    @Test
    void penaltiesRememberWhatWasAccepted() {
        int likeliest = sampleOnce(SamplerChain.Builder::greedy);
        try (SamplerChain chain = SamplerChain.builder(vocabulary)
                .penalties(64, 1, 0, 50)
                .greedy()
                .build()) {
            chain.accept(10, 11, likeliest);
            assertThat(sample(chain)).isNotEqualTo(likeliest);
            chain.reset();
            assertThat(sample(chain)).isEqualTo(likeliest);
        }
    }

    @Test
    void dryEndsARepetition() {
        int likeliest = sampleOnce(SamplerChain.Builder::greedy);
        try (SamplerChain chain = SamplerChain.builder(vocabulary)
                .dry(100, 1.75f, 2, 64, List.of("\n", ":", "\"", "*"))
                .greedy()
                .build()) {
            int[] run = vocabulary.tokenize(" one little brown", false, false);
            chain.accept(run);
            chain.accept(likeliest);
            chain.accept(vocabulary.tokenize(" and", false, false));
            assertThat(sample(chain)).isEqualTo(likeliest);
            chain.reset();
            chain.accept(run);
            chain.accept(likeliest);
            chain.accept(vocabulary.tokenize(" and", false, false));
            chain.accept(run);
            assertThat(sample(chain)).isNotEqualTo(likeliest);
        }
    }

    @Test
    void everySamplerSelectsATokenThatExists() {
        List<UnaryOperator<SamplerChain.Builder>> chains = List.of(
                steps -> steps.topP(0.9f, 1).dist(1),
                steps -> steps.minP(0.05f, 1).dist(1),
                steps -> steps.typical(0.9f, 1).dist(1),
                steps -> steps.topNSigma(1).dist(1),
                steps -> steps.xtc(0.5f, 0.1f, 1, 2).dist(1),
                steps -> steps.temperature(1, 0.5f, 1).dist(1),
                steps -> steps.topK(40).topP(0.99f, 1).infill().dist(1),
                steps -> steps.mirostat(1, 5, 0.1f, 100),
                steps -> steps.mirostatV2(1, 5, 0.1f),
                steps -> steps.minP(0.05f, 1).adaptiveP(0.5f, 0.9f, 1),
                steps -> steps.penalties(32, 1.1f, 0.1f, 0.1f)
                        .dry(0.8f, 1.75f, 2, 32, List.of())
                        .topNSigma(2)
                        .topK(50)
                        .typical(0.99f, 0)
                        .topP(0.95f, 0)
                        .minP(0.01f, 0)
                        .xtc(0.1f, 0.2f, 0, 1)
                        .temperature(0.8f)
                        .dist(3));
        for (int i = 0; i < chains.size(); i++) {
            int token = sampleOnce(chains.get(i));
            assertThat(token).as("chain %d", i).isBetween(0, vocabulary.size() - 1);
        }
    }

    @Test
    void aChainEndsInOneSelection() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SamplerChain.builder(vocabulary).topK(5).build());
        assertThatIllegalStateException()
                .isThrownBy(() -> SamplerChain.builder(vocabulary).build());
        assertThatIllegalStateException()
                .isThrownBy(() -> SamplerChain.builder(vocabulary).greedy().topK(5));
        assertThatIllegalStateException()
                .isThrownBy(() -> SamplerChain.builder(vocabulary).greedy().dist(1));
    }

    @Test
    void valuesOutOfRangeAreNamed() {
        SamplerChain.Builder steps = SamplerChain.builder(vocabulary);
        float nan = Float.NaN;
        float infinity = Float.POSITIVE_INFINITY;

        refused("lastTokens", () -> steps.penalties(-1, 1, 0, 0));
        refused("lastTokens", () -> steps.penalties(SamplerChain.MAX_LAST_TOKENS + 1, 1, 0, 0));
        refused("repeat", () -> steps.penalties(64, 0, 0, 0));
        refused("frequency", () -> steps.penalties(64, 1, nan, 0));
        refused("presence", () -> steps.penalties(64, 1, 0, infinity));
        refused("lastTokens", () -> steps.dry(1, 1.75f, 2, Integer.MAX_VALUE, List.of()));
        refused("multiplier", () -> steps.dry(nan, 1.75f, 2, 64, List.of()));
        refused("allowedLength", () -> steps.dry(1, 1.75f, -1, 64, List.of()));
        refused("minKeep", () -> steps.topP(0.9f, -1));
        refused("topP", () -> steps.topP(nan, 1));
        refused("minP", () -> steps.minP(infinity, 1));
        refused("temperature", () -> steps.temperature(nan));
        refused("m", () -> steps.mirostat(1, 5, 0.1f, 0));
        refused("decay", () -> steps.adaptiveP(0.5f, 1, 1));
        refused("bias", () -> steps.logitBias(new int[] {1}, new float[] {nan}));
        refused("bias", () -> steps.logitBias(new int[] {1}, new float[] {infinity}));
        refused("token", () -> steps.logitBias(new int[] {-1}, new float[] {1}));
        refused("token", () -> steps.logitBias(new int[] {vocabulary.size()}, new float[] {1}));
        try (SamplerChain chain = steps.greedy().build()) {
            refused("token", () -> chain.accept(-1));
            refused("token", () -> chain.accept(5, vocabulary.size()));
        }
    }

    private static void refused(String name, Runnable call) {
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessageStartingWith(name + " is ");
    }

    @Test
    void closesTwiceAndRefusesUseAfterwards() {
        SamplerChain chain = SamplerChain.builder(vocabulary).greedy().build();
        rows.clear();
        rows.add(chain, null, output, 0, false);
        chain.close();
        chain.close();

        assertThatIllegalStateException().isThrownBy(() -> rows.sample(context)).withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> rows.add(chain, null, output, 0, false));
        assertThatIllegalStateException().isThrownBy(chain::reset);
        assertThatIllegalStateException().isThrownBy(chain::copy);
        assertThatIllegalStateException().isThrownBy(chain::seed);
    }
}
