package dev.corral.engine;

/**
 * Token counts of one completion.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens how many of them came from the KV cache
 * @param generatedTokens tokens sampled, the end-of-generation token included
 * @param truncated true when the context was too small for all of it
 * @param draftedTokens tokens that were drafted for it
 * @param acceptedTokens how many of them became output
 */
public record Usage(
        int promptTokens,
        int cachedTokens,
        int generatedTokens,
        boolean truncated,
        int draftedTokens,
        int acceptedTokens) {

    /** Of a completion that nothing was drafted for. */
    public Usage(int promptTokens, int cachedTokens, int generatedTokens, boolean truncated) {
        this(promptTokens, cachedTokens, generatedTokens, truncated, 0, 0);
    }
}
