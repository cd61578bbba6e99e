package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(QuietNativeLog.class)
class KvMemoryTest {

    private final Model model = SmolModel.open();
    private final Batch batch = new Batch(256, 4);
    private final int[] prompt = model.vocabulary().tokenize("Once upon a time, in a land far away", true, true);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        batch.close();
        model.close();
    }

    @Test
    void aCopyGivesTheSameLogits() {
        try (Context context = model.newContext(
                SmolModel.options().maxSequences(2).kvUnified(true).build())) {
            KvMemory memory = context.memory();
            SmolModel.decode(context, batch, prompt, 0, 0);
            memory.copy(0, 1, -1, -1);
            assertThat(memory.maxPosition(1)).isEqualTo(prompt.length - 1);
            float[] original = next(context, 0);

            assertThat(next(context, 1)).isEqualTo(original);
        }
    }

    private float[] next(Context context, int sequence) {
        int position = context.memory().maxPosition(sequence) + 1;
        return SmolModel.logits(context, SmolModel.decode(context, batch, new int[] {28}, position, sequence));
    }

    @Test
    void aSharedTokenIsInAllItsSequences() {
        try (Context context = model.newContext(
                SmolModel.options().maxSequences(3).kvUnified(true).build())) {
            batch.clear();
            batch.add(prompt[0], 0, new int[] {0, 2}, true);
            assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);

            assertThat(context.memory().maxPosition(0)).isZero();
            assertThat(context.memory().maxPosition(1)).isEqualTo(-1);
            assertThat(context.memory().maxPosition(2)).isZero();
            context.memory().keep(2);
            assertThat(context.memory().maxPosition(0)).isEqualTo(-1);
            assertThat(context.memory().maxPosition(2)).isZero();
        }
    }

    @Test
    void aUnifiedCacheKnowsMoreSequencesThanItWasMadeFor() {
        try (Context context = model.newContext(
                SmolModel.options().maxSequences(2).kvUnified(true).build())) {
            assertThat(context.maxSequences()).isEqualTo(2);
            assertThat(context.memory().sequences()).isEqualTo(256);
            float[] low = SmolModel.logits(context, SmolModel.decode(context, batch, prompt, 0, 0));
            context.memory().remove(0, -1, -1);
            float[] high = SmolModel.logits(context, SmolModel.decode(context, batch, prompt, 0, 255));

            assertThat(high).isEqualTo(low);
        }
    }

    @Test
    void aCutSequenceGoesOnFromTheCut() {
        try (Context context = model.newContext(SmolModel.options().build())) {
            KvMemory memory = context.memory();
            SmolModel.decode(context, batch, prompt, 0, 0);
            float[] first = next(context, 0);
            assertThat(memory.remove(0, prompt.length, -1)).isTrue();
            assertThat(memory.minPosition(0)).isZero();
            assertThat(memory.maxPosition(0)).isEqualTo(prompt.length - 1);

            assertThat(next(context, 0)).isEqualTo(first);
            memory.clear();
            assertThat(memory.maxPosition(0)).isEqualTo(-1);
        }
    }

    @Test
    void positionsShift() {
        try (Context context = model.newContext(SmolModel.options().build())) {
            KvMemory memory = context.memory();
            SmolModel.decode(context, batch, prompt, 0, 0);
            assertThat(memory.canShift()).isTrue();
            assertThat(memory.remove(0, 2, 4)).isTrue();
            memory.shift(0, 4, -1, -2);

            assertThat(memory.maxPosition(0)).isEqualTo(prompt.length - 3);
            assertThat(next(context, 0)).doesNotContain(Float.NaN);
            memory.divide(0, 0, -1, 2);
            assertThat(memory.maxPosition(0)).isEqualTo((prompt.length - 2) / 2);
            assertThatIllegalArgumentException().isThrownBy(() -> memory.divide(0, 0, -1, 0));
        }
    }

    @Test
    void quantizedKeysShiftWhereThatDoesNotCrash() {
        ContextOptions quantized = SmolModel.options()
                .flashAttention(FlashAttention.ON)
                .keyType(CacheType.Q8_0)
                .valueType(CacheType.Q8_0)
                .build();
        try (Model tiny = Model.open(TinyModels.llama(folder));
                Context context = tiny.newContext(quantized)) {
            assertThat(TinyModels.LLAMA_HEAD % 64).isNotZero();
            assertThat(context.memory().canShift()).isFalse();
            assertThatIllegalStateException().isThrownBy(() -> context.memory().shift(0, 0, -1, -1));
        }
        try (Context context = model.newContext(quantized)) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            assertThat(context.memory().canShift()).isTrue();
            assertThat(context.memory().remove(0, 2, 4)).isTrue();
            context.memory().shift(0, 4, -1, -2);

            assertThat(next(context, 0)).doesNotContain(Float.NaN);
        }
    }

    @Test
    void separateCellsAreCopiedAsAWholeOrNotAtAll() {
        try (Context context = model.newContext(
                SmolModel.options().maxSequences(2).kvUnified(false).build())) {
            KvMemory memory = context.memory();
            SmolModel.decode(context, batch, prompt, 0, 0);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.copy(0, 1, 0, 3))
                    .withMessageContaining("whole sequence");
            assertThatIllegalArgumentException().isThrownBy(() -> memory.copy(0, 1, 2, -1));
            memory.copy(0, 1, -1, -1);

            assertThat(next(context, 1)).isEqualTo(next(context, 0));
        }
    }

    @Test
    void sequencesOutOfRangeAreNamed() {
        try (Context context =
                model.newContext(SmolModel.options().maxSequences(2).build())) {
            KvMemory memory = context.memory();
            for (int sequence : new int[] {-2, 2, 300, Integer.MAX_VALUE}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> memory.remove(sequence, -1, -1))
                        .withMessageContaining("sequence is " + sequence);
                assertThatIllegalArgumentException().isThrownBy(() -> memory.copy(sequence, 0, -1, -1));
                assertThatIllegalArgumentException().isThrownBy(() -> memory.copy(0, sequence, -1, -1));
                assertThatIllegalArgumentException().isThrownBy(() -> memory.keep(sequence));
                assertThatIllegalArgumentException().isThrownBy(() -> memory.shift(sequence, 0, 1, 1));
                assertThatIllegalArgumentException().isThrownBy(() -> memory.minPosition(sequence));
                assertThatIllegalArgumentException().isThrownBy(() -> memory.maxPosition(sequence));
                assertThatIllegalArgumentException().isThrownBy(() -> context.saveState(sequence, StateScope.WHOLE));
            }
            assertThat(memory.remove(KvMemory.ALL, -1, -1)).isTrue();
        }
    }

    @Test
    void whatCannotShiftIsNotAskedTo() {
        try (Model axes = Model.open(TinyModels.multiAxis(folder));
                Context context = axes.newContext(SmolModel.exact().build())) {
            assertThat(context.memory().canShift()).isFalse();
            assertThatIllegalStateException().isThrownBy(() -> context.memory().shift(0, 0, -1, -1));
            assertThatIllegalStateException().isThrownBy(() -> context.memory().divide(0, 0, -1, 2));
        }
    }

    @Test
    void aRecurrentStateIsCutNowhere() {
        try (Model mamba = Model.open(TinyModels.mamba(folder));
                Context context = mamba.newContext(SmolModel.exact().build())) {
            int[] tokens = mamba.vocabulary().tokenize("Once upon a time", true, true);
            SmolModel.decode(context, batch, tokens, 0, 0);

            assertThat(context.memory().remove(0, 2, -1)).isFalse();
            assertThat(context.memory().maxPosition(0)).isEqualTo(tokens.length - 1);
            assertThat(context.memory().remove(0, -1, -1)).isTrue();
            assertThat(context.memory().sequences()).isEqualTo(1);
        }
    }

    @Test
    void anEncoderHasNoMemory() {
        try (Model bert = Model.open(TinyModels.bert(folder));
                Context context =
                        bert.newContext(SmolModel.exact().embeddings(true).build());
                Batch large = new Batch(600)) {
            KvMemory memory = context.memory();
            assertThat(memory.exists()).isFalse();
            assertThat(memory.canShift()).isFalse();
            assertThat(memory.maxPosition(0)).isEqualTo(-1);
            assertThat(memory.remove(0, 3, 5)).isTrue();
            memory.clear();
            for (int i = 0; i < 513; i++) {
                large.add(7, i, 0, true);
            }
            assertThatIllegalArgumentException().isThrownBy(() -> context.decode(large));
            assertThatIllegalArgumentException().isThrownBy(() -> context.encode(large));
        }
    }
}
