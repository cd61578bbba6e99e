package dev.corral.engine.local;

import dev.corral.llama.Batch;
import dev.corral.llama.CacheType;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.FlashAttention;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.llama.Rope;
import java.nio.file.Path;
import java.util.Arrays;

/** Log-probabilities by the plain definition: every text in one batch of its own, its logits copied to Java. */
public final class DirectScores implements AutoCloseable {

    private final Model model;
    private final Context context;

    public DirectScores(Path file) {
        this(file, Rope.FROM_MODEL);
    }

    public DirectScores(Path file, Rope rope) {
        model = Model.open(file, ModelOptions.builder().build(), progress -> true);
        context = model.newContext(ContextOptions.builder()
                .contextSize(2048)
                .rope(rope)
                .batchSize(2048)
                .microBatchSize(2048)
                .threads(1)
                .flashAttention(FlashAttention.OFF)
                .keyType(CacheType.F32)
                .valueType(CacheType.F32)
                .build());
    }

    /** The log-probabilities of every token of the vocabulary after each of these tokens. */
    public double[][] after(int... tokens) {
        try (Batch batch = new Batch(tokens.length)) {
            context.memory().clear();
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, 0, true);
            }
            context.decode(batch);
            double[][] rows = new double[tokens.length][];
            float[] logits = new float[model.vocabulary().size()];
            for (int i = 0; i < tokens.length; i++) {
                context.copyLogits(i, logits);
                rows[i] = logprobs(logits);
            }
            return rows;
        }
    }

    private static double[] logprobs(float[] logits) {
        double[] exact = new double[logits.length];
        Arrays.setAll(exact, i -> logits[i]);
        double largest = Arrays.stream(exact).max().orElseThrow();
        double total = largest
                + Math.log(Arrays.stream(exact)
                        .map(logit -> Math.exp(logit - largest))
                        .sum());
        Arrays.setAll(exact, i -> exact[i] - total);
        return exact;
    }

    @Override
    public void close() {
        context.close();
        model.close();
    }
}
