package dev.corral.llama;

/**
 * What a context has measured since it was made or its counters were reset; all zero but for counts unless it was made
 * with {@link ContextOptions#measure}.
 *
 * @param loadMillis time that loading the model took
 * @param promptMillis time in batches of more than one token
 * @param generationMillis time in batches of one token
 * @param promptTokens tokens in batches of more than one; at least 1
 * @param generatedTokens batches of one token; at least 1
 * @param reusedGraphs how often the compute graph of the step before served again
 */
public record ContextTimings(
        double loadMillis,
        double promptMillis,
        double generationMillis,
        int promptTokens,
        int generatedTokens,
        int reusedGraphs) {}
