package dev.corral.testing;

import java.nio.file.Path;

/**
 * Small models with random weights, one for each kind of memory that llama.cpp has. Each method writes one file into a
 * folder, in milliseconds, and returns its path; the same recipe gives the same bytes.
 *
 * <p>All have 2 layers, a width of 64 and feed-forward networks 128 wide; a file is below 1 MB. What they say is made of
 * English word pieces and means nothing, but it depends on the whole prompt and seldom repeats itself. A greedy text is
 * the same however it was batched when nothing is rounded below F32: without flash attention, with a cache of F32, as
 * {@link Greedy} has it.
 */
public final class TinyModels {
    /** How many tokens back the windowed layer of {@link #slidingWindow} sees. */
    public static final int WINDOW = 32;

    /** The size of {@link #llama}'s attention heads: a whole block, so that its KV cache can be quantised. */
    public static final int LLAMA_HEAD = 32;

    private TinyModels() {}

    /** Llama: 4 query heads of 32, 2 key heads, RoPE. Its memory can be cut, copied and shifted anywhere. */
    public static Path llama(Path folder) {
        return llama(folder, Recipe.named("tiny-llama"));
    }

    public static Path llama(Path folder, Recipe recipe) {
        return TinyDecoders.llama(recipe).write(folder);
    }

    /** The same before it is written, for tests to change: other metadata, more tensors, a header that lies. */
    public static GgufFile llamaFile(Recipe recipe) {
        return TinyDecoders.llama(recipe).file();
    }

    /** {@link #llama} with slightly other weights: it would say the same as the other three times of four. */
    public static Path draft(Path folder) {
        return llama(folder, Recipe.named("tiny-draft").withDrift(0.03f));
    }

    /** A LoRA adapter of rank 4 for {@link #llama}, strong enough at scale 1 to change every text. */
    public static Path lora(Path folder) {
        return lora(folder, "tiny-lora", 1);
    }

    public static Path lora(Path folder, String name, long seed) {
        return TinyAdapter.write(folder, name, seed);
    }

    /** The same before it is written, for tests to change. */
    public static GgufFile loraFile(String name, long seed) {
        return TinyAdapter.file(name, seed);
    }

    /**
     * Cohere2: 4 query heads of 16, 2 key heads; layer 0 sees {@link #WINDOW} tokens back, layer 1 all of them. The output
     * is always tied. Its cache for windowed layers holds at least 256 cells: a context must be longer than that, and its
     * physical batch shorter, for tokens to be forgotten.
     */
    public static Path slidingWindow(Path folder) {
        return slidingWindow(folder, Recipe.named("tiny-window"));
    }

    public static Path slidingWindow(Path folder, Recipe recipe) {
        return TinyDecoders.cohere2(folder, recipe);
    }

    /** Qwen2-VL's text model: 4 query heads of 16, 2 key heads, positions of several axes. Its memory can't shift. */
    public static Path multiAxis(Path folder) {
        return multiAxis(folder, Recipe.named("tiny-multi-axis"));
    }

    public static Path multiAxis(Path folder, Recipe recipe) {
        return TinyDecoders.qwen2vl(folder, recipe);
    }

    /** DeepSeek-2 without experts: 4 heads whose keys and values are one latent vector of 32 and 16 rotated. */
    public static Path latentAttention(Path folder) {
        return latentAttention(folder, Recipe.named("tiny-latent"));
    }

    public static Path latentAttention(Path folder, Recipe recipe) {
        return TinyDecoders.deepseek2(folder, recipe);
    }

    /** Mamba: a state of 128 x 8 a layer. Recurrent: its memory is the state after the last token, nothing else. */
    public static Path mamba(Path folder) {
        return mamba(folder, Recipe.named("tiny-mamba"));
    }

    public static Path mamba(Path folder, Recipe recipe) {
        return TinyStateSpaces.mamba(folder, recipe);
    }

    /** Jamba without experts: layer 0 is Mamba's, layer 1 attends with 4 query heads of 16 and 2 key heads. Hybrid. */
    public static Path hybrid(Path folder) {
        return hybrid(folder, Recipe.named("tiny-hybrid"));
    }

    public static Path hybrid(Path folder, Recipe recipe) {
        return TinyStateSpaces.jamba(folder, recipe);
    }

    /**
     * LFM2: layer 0 is a convolution over 3 tokens, layer 1 attends with 4 query heads of 16 and 2 key heads. Hybrid, and
     * a context made with recurrent snapshots can take back that many tokens.
     */
    public static Path convolution(Path folder) {
        return convolution(folder, Recipe.named("tiny-convolution"));
    }

    public static Path convolution(Path folder, Recipe recipe) {
        return TinyStateSpaces.lfm2(folder, recipe);
    }

    /** BERT with mean pooling: 4 heads of 16, at most {@code contextLength} tokens a text, embeddings of 64. */
    public static Path bert(Path folder) {
        return bert(folder, Recipe.named("tiny-bert").withVocabulary(TinyVocabulary.wordPiece()));
    }

    public static Path bert(Path folder, Recipe recipe) {
        return TinyEncoders.embedding(folder, recipe);
    }

    /** {@link #bert} with a classification head instead: one score for a text, made of a query and a document. */
    public static Path reranker(Path folder) {
        return reranker(folder, Recipe.named("tiny-reranker").withVocabulary(TinyVocabulary.wordPiece()));
    }

    public static Path reranker(Path folder, Recipe recipe) {
        return TinyEncoders.reranker(folder, recipe);
    }

    /** T5's encoder by itself: 4 heads of 16, biased by how far apart two tokens are; embeddings of 64. */
    public static Path t5Encoder(Path folder) {
        return TinyEncoders.t5Encoder(folder, Recipe.named("tiny-t5-encoder"));
    }

    /** {@link #t5Encoder} and a decoder that attends to what it made. */
    public static Path t5(Path folder) {
        return TinyEncoders.t5(folder, Recipe.named("tiny-t5"));
    }
}
