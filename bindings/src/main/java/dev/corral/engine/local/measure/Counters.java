package dev.corral.engine.local.measure;

import dev.corral.engine.EngineStats;

/** What the engine thread counts; any thread may read {@link #stats}. */
public final class Counters {

    private long steps;
    private long completionSteps;
    private long promptTokensEvaluated;
    private long promptTokensReused;
    private long tokensGenerated;
    private long preemptions;
    private long contextShifts;
    private long mediaEncoded;
    private long promptNanos;
    private long generationNanos;
    private long draftSteps;
    private long drafted;
    private long draftedByLookup;
    private long accepted;
    private long acceptedOfLookup;
    private int embeddingsWaiting;
    private int embeddingChunk;
    private long embeddingSteps;
    private long embeddingTokens;
    private volatile EngineStats stats;

    public Counters(int slots, int cells) {
        stats = EngineStats.idle(slots, cells);
    }

    public void stepped(int completions, int promptTokens, long nanos) {
        steps++;
        completionSteps += completions;
        promptTokensEvaluated += promptTokens;
        if (promptTokens > 0) {
            promptNanos += nanos;
        } else {
            generationNanos += nanos;
        }
    }

    public void reused(int promptTokens) {
        promptTokensReused += promptTokens;
    }

    public void generated(int tokens) {
        tokensGenerated += tokens;
    }

    public void shifted() {
        contextShifts++;
    }

    public void encoded() {
        mediaEncoded++;
    }

    public void preempted() {
        preemptions++;
    }

    /** A step checked drafts. */
    public void speculated() {
        draftSteps++;
    }

    public void drafted(int tokens, boolean byLookup) {
        drafted += tokens;
        draftedByLookup += byLookup ? tokens : 0;
    }

    public void accepted(int tokens, boolean ofLookup) {
        accepted += tokens;
        acceptedOfLookup += ofLookup ? tokens : 0;
    }

    public void embedded(int tokens) {
        embeddingSteps++;
        embeddingTokens += tokens;
    }

    public void embedding(int waiting, int chunk) {
        embeddingsWaiting = waiting;
        embeddingChunk = chunk;
    }

    /** Makes the counters visible together with the gauges of this moment. */
    public void publish(int queued, int running, int usedCells, int prefillChunk, EngineStats.Cache cache) {
        EngineStats last = stats;
        stats = new EngineStats(
                queued,
                running,
                last.slots(),
                last.cells(),
                usedCells,
                steps,
                completionSteps,
                promptTokensEvaluated,
                promptTokensReused,
                tokensGenerated,
                preemptions,
                contextShifts,
                mediaEncoded,
                promptNanos,
                generationNanos,
                prefillChunk,
                new EngineStats.Drafts(draftSteps, drafted, draftedByLookup, accepted, acceptedOfLookup),
                new EngineStats.Embedding(embeddingsWaiting, embeddingSteps, embeddingTokens, embeddingChunk),
                cache);
    }

    public EngineStats stats() {
        return stats;
    }
}
