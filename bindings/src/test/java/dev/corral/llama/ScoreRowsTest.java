package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Scores beside what the same logits say when they are copied and summed up in Java. */
class ScoreRowsTest {

    @Test
    void scoresAreThoseOfTheCopiedLogits() {
        try (Model model = SmolModel.open();
                Context context = model.newContext(SmolModel.options().build());
                Batch batch = new Batch(64);
                ScoreRows rows = new ScoreRows(64, 5)) {
            Vocabulary vocabulary = model.vocabulary();
            int[] tokens = vocabulary.tokenize("The quick brown fox jumps over the lazy dog.", true, true);
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, 0, true);
            }
            context.decode(batch);
            for (int i = 0; i + 1 < tokens.length; i++) {
                rows.add(i, tokens[i + 1], 5);
            }
            assertThat(rows.score(context)).isZero();
            float[] logits = new float[vocabulary.size()];
            for (int i = 0; i + 1 < tokens.length; i++) {
                context.copyLogits(i, logits);
                double total = logTotal(logits);
                assertThat(rows.logprob(i)).isCloseTo(logits[tokens[i + 1]] - total, within(1e-9));
                assertThat(logits[rows.likeliest(i)]).isEqualTo(largest(logits));
                assertThat(rows.topToken(i, 0)).isEqualTo(rows.likeliest(i));
                float[] sorted = logits.clone();
                Arrays.sort(sorted);
                assertThat(rows.topCount(i)).isEqualTo(5);
                for (int j = 0; j < 5; j++) {
                    assertThat(rows.topLogprob(i, j)).isCloseTo(sorted[sorted.length - 1 - j] - total, within(1e-9));
                }
            }
        }
    }

    @Test
    void aRowWithoutAnOutputFailsByItself() {
        try (Model model = SmolModel.open();
                Context context = model.newContext(SmolModel.options().build());
                Batch batch = new Batch(2);
                ScoreRows rows = new ScoreRows(2, 1)) {
            batch.add(1, 0, 0, false);
            batch.add(2, 1, 0, true);
            context.decode(batch);
            rows.add(0, 5, 0);
            rows.add(1, ScoreRows.NO_TOKEN, 1);
            assertThat(rows.score(context)).isEqualTo(1);
            assertThat(rows.failed(0)).isTrue();
            assertThat(rows.failed(1)).isFalse();
            assertThat(rows.logprob(1)).isNaN();
            assertThatThrownBy(() -> rows.add(0, 0, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static float largest(float[] logits) {
        float largest = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        return largest;
    }

    private static double logTotal(float[] logits) {
        double largest = largest(logits);
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        return largest + Math.log(sum);
    }
}
