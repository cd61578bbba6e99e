package dev.corral.llama;

/**
 * How a projector is loaded.
 *
 * @param gpu compute on the GPU where there is one
 * @param threads CPU threads to encode with
 * @param minTokens the least tokens that an image becomes, where that depends on its size; 0 for the projector's own limit
 * @param maxTokens the most tokens that an image becomes, where that depends on its size; 0 for the projector's own limit
 */
public record ProjectorOptions(boolean gpu, int threads, int minTokens, int maxTokens) {

    public static final int MAX_TOKENS = 1 << 16;

    public ProjectorOptions {
        Bounds.check("threads", threads, 1, ContextOptions.MAX_THREADS);
        Bounds.check("minTokens", minTokens, 0, MAX_TOKENS);
        Bounds.check("maxTokens", maxTokens, 0, MAX_TOKENS);
        if (maxTokens > 0 && minTokens > maxTokens) {
            throw new IllegalArgumentException("minTokens " + minTokens + " is more than maxTokens " + maxTokens);
        }
    }

    public ProjectorOptions(int threads) {
        this(true, threads, 0, 0);
    }
}
