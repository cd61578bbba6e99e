package dev.corral.engine;

/**
 * Gauges and counters of an engine at one moment. Counters only grow.
 *
 * @param queued completions that wait for a slot
 * @param running completions that are in a slot
 * @param slots how many completions run at once at most
 * @param cells cells of the KV cache, one a token
 * @param usedCells cells that hold a token, running or cached
 * @param steps decodes so far
 * @param completionSteps completions that were computed in them, each counted once a step
 * @param promptTokensEvaluated prompt tokens that were decoded
 * @param promptTokensReused prompt tokens that a cached prefix spared
 * @param tokensGenerated tokens sampled
 * @param preemptions running sequences that had to make room and were resumed later
 * @param contextShifts times that a full context forgot tokens in its middle to go on
 * @param mediaEncoded images and sounds, or parts of them, that were encoded
 * @param promptNanos time of steps that prefilled
 * @param generationNanos time of steps that only generated
 * @param prefillChunk prompt tokens that a step may compute while somebody streams
 * @param drafts what was drafted, to be checked together
 * @param embedding vectors and scores that were computed beside generations
 * @param cache what is kept for requests to come
 */
public record EngineStats(
        int queued,
        int running,
        int slots,
        int cells,
        int usedCells,
        long steps,
        long completionSteps,
        long promptTokensEvaluated,
        long promptTokensReused,
        long tokensGenerated,
        long preemptions,
        long contextShifts,
        long mediaEncoded,
        long promptNanos,
        long generationNanos,
        int prefillChunk,
        Drafts drafts,
        Embedding embedding,
        Cache cache) {

    /** An engine that has done nothing yet. */
    public static EngineStats idle(int slots, int cells) {
        return new EngineStats(
                0, 0, slots, cells, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Drafts.NONE, Embedding.NONE, Cache.EMPTY);
    }

    /**
     * Speculation.
     *
     * @param steps steps that checked drafts
     * @param tokens tokens drafted by lookup and by the draft model
     * @param tokensOfLookup how many of them lookup drafted
     * @param accepted how many of them became output
     * @param acceptedOfLookup how many of those were lookup's
     */
    public record Drafts(long steps, long tokens, long tokensOfLookup, long accepted, long acceptedOfLookup) {
        public static final Drafts NONE = new Drafts(0, 0, 0, 0, 0);
    }

    /**
     * @param idlePrefixes finished sequences whose tokens are still in the KV cache
     * @param evictions finished sequences that left the KV cache to make room
     * @param states saved states in host memory or on disk
     * @param stateBytes host memory that they take
     * @param statesSaved states that were copied out of the KV cache
     * @param statesRestored states that were copied back into it
     */
    public record Cache(
            int idlePrefixes, long evictions, int states, long stateBytes, long statesSaved, long statesRestored) {
        public static final Cache EMPTY = new Cache(0, 0, 0, 0, 0, 0);
    }

    /**
     * @param waiting inputs that are not computed yet
     * @param steps decodes so far
     * @param tokens that were computed
     * @param chunk tokens that a step may compute while somebody streams
     */
    public record Embedding(int waiting, long steps, long tokens, int chunk) {
        public static final Embedding NONE = new Embedding(0, 0, 0, 0);
    }
}
