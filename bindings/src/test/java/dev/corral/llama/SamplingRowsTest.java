package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietNativeLog.class)
class SamplingRowsTest {

    private final Model model = SmolModel.open();
    private final Vocabulary vocabulary = model.vocabulary();
    private final Context context = model.newContext(SmolModel.options().build());
    private final SamplerChain greedy =
            SamplerChain.builder(vocabulary).greedy().build();
    private final Batch batch = new Batch(256);
    private final SamplingRows rows = new SamplingRows(4, 10);
    private int[] prompt;

    /** Every token of the prompt has an output. */
    @BeforeEach
    void decode() {
        prompt = vocabulary.tokenize("Two plus two is", true, true);
        for (int i = 0; i < prompt.length; i++) {
            batch.add(prompt[i], i, 0, true);
        }
        assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);
        assertThat(batch.outputs()).isEqualTo(prompt.length);
    }

    @AfterEach
    void close() {
        rows.close();
        batch.close();
        model.close();
    }

    @Test
    void eachRowIsSampledFromItsOutput() {
        for (int output = 0; output < 4; output++) {
            assertThat(rows.add(greedy, null, output, 0, false)).isEqualTo(output);
        }
        assertThat(rows.sample(context)).isZero();

        for (int row = 0; row < 4; row++) {
            assertThat(rows.token(row)).isEqualTo(SmolModel.likeliest(SmolModel.logits(context, row)));
            assertThat(rows.topCount(row)).isZero();
        }
    }

    @Test
    void theLikeliestAreInOrderAndAreTheModelsOwn() {
        int last = prompt.length - 1;
        rows.add(greedy, null, last, 10, false);
        assertThat(rows.sample(context)).isZero();
        float[] logits = SmolModel.logits(context, last);
        double logTotal = logSum(logits);
        int[] order = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(token -> -logits[token]))
                .mapToInt(Integer::intValue)
                .limit(10)
                .toArray();

        assertThat(rows.topCount(0)).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(rows.topToken(0, i)).isEqualTo(order[i]);
            assertThat((double) rows.topLogprob(0, i)).isCloseTo(logits[order[i]] - logTotal, within(1e-4));
        }
        assertThat(rows.token(0)).isEqualTo(order[0]);
        assertThat(rows.logprob(0)).isEqualTo(rows.topLogprob(0, 0));
    }

    private static double logSum(float[] logits) {
        double largest = IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i])
                .max()
                .orElseThrow();
        return largest
                + Math.log(IntStream.range(0, logits.length)
                        .mapToDouble(i -> Math.exp(logits[i] - largest))
                        .sum());
    }

    @Test
    void afterSamplingOnlyWhatTheChainLeftIsReported() {
        try (SamplerChain three =
                SamplerChain.builder(vocabulary).topK(3).dist(5).build()) {
            rows.add(three, null, prompt.length - 1, 10, true);
            assertThat(rows.sample(context)).isZero();

            assertThat(rows.topCount(0)).isEqualTo(3);
            double total = IntStream.range(0, 3)
                    .mapToDouble(i -> Math.exp(rows.topLogprob(0, i)))
                    .sum();
            assertThat(total).isCloseTo(1, within(1e-4));
            assertThat(IntStream.range(0, 3).map(i -> rows.topToken(0, i))).contains(rows.token(0));
        }
    }

    @Test
    void rowsAreReused() {
        for (int round = 0; round < 3; round++) {
            rows.clear();
            rows.add(greedy, null, round, 2, false);
            assertThat(rows.sample(context)).isZero();

            assertThat(rows.size()).isEqualTo(1);
            assertThat(rows.topCount(0)).isEqualTo(2);
            assertThat(rows.token(0)).isEqualTo(SmolModel.likeliest(SmolModel.logits(context, round)));
        }
    }

    @Test
    void anOutputThatIsNotThereFailsItsRow() {
        rows.add(greedy, null, 5000, 0, false);
        rows.add(greedy, null, 0, 0, false);

        assertThat(rows.sample(context)).isEqualTo(1);
        assertThat(rows.failed(0)).isTrue();
        assertThat(rows.failed(1)).isFalse();
        assertThat(rows.message(0)).contains("5000");
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> rows.add(greedy, null, -1, 0, false));
        assertThatIllegalArgumentException().isThrownBy(() -> rows.add(greedy, null, 0, 11, false));
        assertThatIllegalArgumentException().isThrownBy(() -> rows.add(greedy, null, 0, -1, false));
        assertThatIllegalArgumentException().isThrownBy(() -> rows.token(0));
        for (int i = 0; i < 4; i++) {
            rows.add(greedy, null, 0, 1, false);
        }
        assertThatIllegalStateException().isThrownBy(() -> rows.add(greedy, null, 0, 0, false));
        rows.sample(context);
        assertThatIllegalArgumentException().isThrownBy(() -> rows.topToken(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> rows.token(4));
        assertThat(Arrays.asList(rows.capacity(), rows.maxTop())).containsExactly(4, 10);
    }

    @Test
    void aStepAllocatesNothing() {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (int i = 0; i < 20_000; i++) {
            step();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
            step();
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(bytes / 1_000).as("bytes a step").isLessThan(64);
    }

    private int step() {
        batch.clear();
        for (int i = 0; i < 8; i++) {
            batch.add(prompt[0], i, 0, true);
        }
        rows.clear();
        rows.add(greedy, null, 0, 1, false);
        int sum = 0;
        for (int token : prompt) {
            sum += vocabulary.piece(token, false).length;
        }
        return sum + rows.topCount(0);
    }
}
