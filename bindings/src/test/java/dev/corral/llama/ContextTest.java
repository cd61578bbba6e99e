package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.llama.LlamaException.Code;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietNativeLog.class)
class ContextTest {

    private final Model model = SmolModel.open();
    private final Batch batch = new Batch(512, 4);
    private int[] prompt;

    @BeforeEach
    void tokenize() {
        prompt = model.vocabulary().tokenize("The capital of France is", true, true);
    }

    @AfterEach
    void close() {
        batch.close();
        model.close();
    }

    @Test
    void greedyTextIsTheSameEachTime() {
        List<Integer> first = greedy(16);

        assertThat(greedy(16)).isEqualTo(first);
        assertThat(text(first)).contains("Paris");
    }

    private List<Integer> greedy(int count) {
        List<Integer> tokens = new ArrayList<>();
        try (Context context = model.newContext(SmolModel.options().build())) {
            int output = SmolModel.decode(context, batch, prompt, 0, 0);
            for (int i = 0; i < count; i++) {
                int token = SmolModel.likeliest(SmolModel.logits(context, output));
                tokens.add(token);
                output = SmolModel.decode(context, batch, new int[] {token}, prompt.length + i, 0);
            }
        }
        return tokens;
    }

    private String text(List<Integer> tokens) {
        StringBuilder text = new StringBuilder();
        tokens.forEach(
                token -> text.append(new String(model.vocabulary().piece(token, false), StandardCharsets.UTF_8)));
        return text.toString();
    }

    @Test
    void hasTheSizesThatItWasMadeWith() {
        ContextOptions options =
                SmolModel.options().microBatchSize(64).maxSequences(4).build();
        try (Context context = model.newContext(options)) {
            assertThat(context.contextSize()).isEqualTo(1024);
            assertThat(context.sequenceContextSize()).isEqualTo(256);
            assertThat(context.batchSize()).isEqualTo(256);
            assertThat(context.microBatchSize()).isEqualTo(64);
            assertThat(context.maxSequences()).isEqualTo(4);
            assertThat(context.memory().sequences()).isEqualTo(4);
            assertThat(context.recurrentSnapshots()).isZero();
            assertThat(context.pooling()).isEqualTo(Pooling.NONE);
            assertThat(context.threads()).isEqualTo(1);
            context.setThreads(3, 2);
            assertThat(context.threads()).isEqualTo(3);
            assertThat(context.batchThreads()).isEqualTo(2);
        }
    }

    @Test
    void withoutRoomNothingChanges() {
        try (Context context =
                        model.newContext(SmolModel.options().contextSize(256).build());
                Batch large = new Batch(256)) {
            for (int i = 0; i < 200; i++) {
                large.add(100 + i, i, 0, false);
            }
            assertThat(context.decode(large)).isEqualTo(DecodeResult.DECODED);
            large.clear();
            for (int i = 0; i < 100; i++) {
                large.add(100 + i, 200 + i, 0, i == 99);
            }
            assertThat(context.decode(large)).isEqualTo(DecodeResult.NO_SPACE);
            assertThat(context.memory().maxPosition(0)).isEqualTo(199);
            assertThat(context.memory().remove(0, 100, -1)).isTrue();
            large.clear();
            large.add(100, 100, 0, true);
            assertThat(context.decode(large)).isEqualTo(DecodeResult.DECODED);
        }
    }

    @Test
    void batchesThatCannotBeAreRefused() {
        try (Context context = model.newContext(SmolModel.options().build())) {
            batch.clear();
            assertThatIllegalArgumentException().isThrownBy(() -> context.decode(batch));
            for (int i = 0; i < 257; i++) {
                batch.add(5, i, 0, false);
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.decode(batch))
                    .withMessageContaining("257 tokens, must have 1 to 256");
            refused(context, 49_152, 0, 0, "token[0] = 49152");
            refused(context, -1, 0, 0, "token[0] = -1");
            refused(context, 5, 0, 1, "seq_id[0][0] = 1");
            refused(context, 5, 0, -1, "seq_id[0][0] = -1");
            SmolModel.decode(context, batch, prompt, 0, 0);
            refused(context, 5, prompt.length + 3, 0, "positions remain consecutive");
            assertThatIllegalArgumentException().isThrownBy(() -> batch.add(5, -1, 0, true));
        }
    }

    private void refused(Context context, int token, int position, int sequence, String reason) {
        batch.clear();
        batch.add(token, position, sequence, true);
        assertThatThrownBy(() -> context.decode(batch))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID_ARGUMENT))
                .hasMessageContaining(reason);
    }

    @Test
    void attentionToBothSidesNeedsOneMicroBatch() {
        try (Context context =
                model.newContext(SmolModel.options().microBatchSize(64).build())) {
            context.setCausalAttention(false);
            batch.clear();
            for (int i = 0; i < 65; i++) {
                batch.add(5, i, 0, false);
            }
            assertThatIllegalArgumentException().isThrownBy(() -> context.decode(batch));
            context.setCausalAttention(true);
            assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);
        }
    }

    @Test
    void outputsThatWereNotAskedForAreRefused() {
        try (Context context = model.newContext(SmolModel.options().build())) {
            float[] logits = new float[model.vocabulary().size()];
            assertThatIllegalArgumentException().isThrownBy(() -> context.copyLogits(0, logits));
            int output = SmolModel.decode(context, batch, prompt, 0, 0);
            context.copyLogits(output, logits);

            assertThatIllegalArgumentException().isThrownBy(() -> context.copyLogits(0, logits));
            assertThatIllegalArgumentException().isThrownBy(() -> context.copyLogits(-1, logits));
            assertThatIllegalArgumentException().isThrownBy(() -> context.copyLogits(10_000, logits));
            assertThatIllegalArgumentException().isThrownBy(() -> context.copyLogits(output, new float[10]));
            assertThatIllegalArgumentException().isThrownBy(() -> context.embeddings(output, new float[576]));
            assertThatIllegalArgumentException().isThrownBy(() -> context.sequenceEmbeddings(0, new float[576]));
        }
    }

    @Test
    void embeddingsComeBesideLogits() {
        try (Context context = model.newContext(
                SmolModel.options().embeddings(true).pooling(Pooling.MEAN).build())) {
            batch.clear();
            for (int i = 0; i < prompt.length; i++) {
                batch.add(prompt[i], i, 0, true);
            }
            assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);
            float[] pooled = new float[model.outputEmbeddingSize()];
            context.sequenceEmbeddings(0, pooled);

            assertThat(pooled).doesNotContain(Float.NaN);
            assertThat(norm(pooled)).isPositive();
        }
    }

    private static double norm(float[] vector) {
        double sum = 0;
        for (float value : vector) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    @Test
    void belongsToOneThreadUntilItIsHandedOver() throws Exception {
        Context context = model.newContext(SmolModel.options().build());
        FutureTask<Integer> read = new FutureTask<>(context::contextSize);
        Thread thread = Thread.ofPlatform().unstarted(read);
        context.handTo(thread);
        assertThatIllegalStateException().isThrownBy(context::contextSize);
        thread.start();

        assertThat(read.get()).isEqualTo(512);
        thread.join();
        context.close();
        context.close();
        assertThat(context.isClosed()).isTrue();
    }

    @Test
    void abortsAtTheNextOperation() throws Exception {
        try (Context context = model.newContext(SmolModel.options().build())) {
            FutureTask<Boolean> raised = new FutureTask<>(() -> {
                context.requestAbort();
                return context.isAbortRequested();
            });
            Thread.ofPlatform().start(raised);
            assertThat(raised.get()).isTrue();
            batch.clear();
            batch.add(5, 0, 0, true);

            assertThat(context.decode(batch)).isEqualTo(DecodeResult.ABORTED);
            context.clearAbort();
            context.memory().clear();
            assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);
        }
    }

    @Test
    void abortsInTheMiddleOfABatch() throws Exception {
        try (Context context = model.newContext(
                        SmolModel.options().contextSize(4096).batchSize(2048).build());
                Batch large = new Batch(2048)) {
            for (int i = 0; i < 2048; i++) {
                large.add(100 + i, i, 0, i == 2047);
            }
            AtomicBoolean over = new AtomicBoolean();
            Thread decoding = Thread.currentThread();
            Thread aborting = Thread.ofPlatform().start(() -> {
                while (!over.get() && !inNativeDecode(decoding)) {
                    Thread.onSpinWait();
                }
                context.requestAbort();
            });
            DecodeResult result = context.decode(large);
            over.set(true);
            aborting.join();

            assertThat(result).isEqualTo(DecodeResult.ABORTED);
        }
    }

    private static boolean inNativeDecode(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getMethodName().equals("corral_decode")) {
                return true;
            }
        }
        return false;
    }

    @Test
    void countsWhatItDid() {
        try (Context context =
                model.newContext(SmolModel.options().measure(true).build())) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            context.synchronize();
            for (int i = 0; i < 3; i++) {
                SmolModel.decode(context, batch, new int[] {5}, prompt.length + i, 0);
                context.synchronize();
            }
            ContextTimings timings = context.timings();

            assertThat(timings.promptTokens()).isEqualTo(prompt.length);
            assertThat(timings.generatedTokens()).isEqualTo(3);
            assertThat(timings.promptMillis()).isPositive();
            context.resetTimings();
            assertThat(context.timings().promptMillis()).isZero();
        }
    }

    @Test
    void optionsThatDoNotFitTheModelSayWhy() {
        assertThatThrownBy(() -> model.newContext(SmolModel.options()
                        .flashAttention(FlashAttention.OFF)
                        .valueType(CacheType.Q8_0)
                        .build()))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("requires flash_attn");
    }
}
