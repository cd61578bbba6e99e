package dev.corral.testing;

import dev.corral.llama.Batch;
import dev.corral.llama.CacheType;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.FlashAttention;
import dev.corral.llama.Model;
import dev.corral.llama.Vocabulary;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * The plainest way to run a model: one sequence, from an empty memory, always the likeliest token. What it says is what
 * an engine has to say. For the thread that made it.
 *
 * <p>Without flash attention and with a cache of F32: on a CPU, flash attention rounds to half precision differently for
 * one token than for many.
 */
public final class Greedy implements AutoCloseable {
    private static final int CONTEXT = 512;
    private static final int MICRO_BATCH = 64;

    private final Model model;
    private final Context context;

    public Greedy(Path file) {
        this(file, options().build());
    }

    public Greedy(Path file, ContextOptions options) {
        model = Model.open(file);
        context = model.newContext(options);
    }

    /** An encoder, for {@link #embedding}. */
    public static Greedy encoder(Path file) {
        return new Greedy(file, encoderOptions());
    }

    /** 512 tokens, computed 64 at once, on one thread; windowed layers forget. */
    public static ContextOptions.Builder options() {
        return ContextOptions.builder()
                .contextSize(CONTEXT)
                .batchSize(CONTEXT)
                .microBatchSize(MICRO_BATCH)
                .threads(1)
                .flashAttention(FlashAttention.OFF)
                .keyType(CacheType.F32)
                .valueType(CacheType.F32)
                .swaFull(false);
    }

    /** A context like Greedy's own, or like an encoder's, with texts of up to 512 tokens. */
    public static Context contextOf(Model model, boolean embeddings) {
        return model.newContext(embeddings ? encoderOptions() : options().build());
    }

    private static ContextOptions encoderOptions() {
        return options().microBatchSize(CONTEXT).embeddings(true).build();
    }

    /** The pooled embedding of a text, or a reranker's score, of {@code size} numbers. */
    public float[] embedding(String text, int size) {
        int[] tokens = tokens(text);
        float[] result = new float[size];
        try (Batch batch = new Batch(tokens.length)) {
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, 0, true);
            }
            check(context.encode(batch));
        }
        context.sequenceEmbeddings(0, result);
        return result;
    }

    public Model model() {
        return model;
    }

    public Context context() {
        return context;
    }

    public Vocabulary vocabulary() {
        return model.vocabulary();
    }

    /** A prompt's tokens, with those that the model puts around a text, control tokens read as such. */
    public int[] tokens(String prompt) {
        return vocabulary().tokenize(prompt, true, true);
    }

    /** What follows a prompt, the end of the text too. */
    public int[] text(String prompt, int count) {
        return text(tokens(prompt), count);
    }

    public int[] text(int[] prompt, int count) {
        int[] said = new int[count];
        float[] logits = logits(prompt);
        for (int i = 0; i < count; i++) {
            said[i] = likeliest(logits);
            logits = more(prompt.length + i, said[i]);
        }
        return said;
    }

    /** The logits after a prompt that is decoded in one batch. */
    public float[] logits(int... prompt) {
        context.memory().clear();
        return more(0, prompt);
    }

    /** The logits after a prompt that is decoded a token at a time. */
    public float[] logitsOneByOne(int... prompt) {
        float[] logits = logits(prompt[0]);
        for (int i = 1; i < prompt.length; i++) {
            logits = more(i, prompt[i]);
        }
        return logits;
    }

    /** The logits after tokens that follow what is in the memory. */
    public float[] more(int position, int... tokens) {
        try (Batch batch = new Batch(tokens.length)) {
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], position + i, 0, i == tokens.length - 1);
            }
            check(context.decode(batch));
        }
        float[] logits = new float[vocabulary().size()];
        context.copyLogits(tokens.length - 1, logits);
        return logits;
    }

    /** The likeliest token after each of those given. */
    public int[] likeliestAfter(int... tokens) {
        context.memory().clear();
        return IntStream.range(0, tokens.length)
                .map(i -> likeliest(more(i, tokens[i])))
                .toArray();
    }

    @Override
    public void close() {
        context.close();
        model.close();
    }

    private static void check(DecodeResult result) {
        if (result != DecodeResult.DECODED) {
            throw new IllegalStateException("decoding ended with " + result);
        }
    }

    private static int likeliest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
