package dev.corral.engine.local.embedding;

import dev.corral.engine.EngineError;
import dev.corral.engine.Pooling;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.measure.PrefillPacer;

/**
 * Vectors and scores, computed between the steps of generations: at most one batch each, whose size keeps the time from
 * token to token within the target while somebody streams, and is as large as the device likes otherwise.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Embedder implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Embedder.class.getName());

    private final EmbeddingLane vectors;
    private final EmbeddingLane scores;
    private final PrefillPacer pacer;
    private final Counters counters;
    private final int batchSize;
    private boolean scoresNext;

    /** @param batchSize tokens of a batch while nobody streams */
    public Embedder(EmbeddingLane vectors, EmbeddingLane scores, PrefillPacer pacer, Counters counters, int batchSize) {
        this.vectors = vectors;
        this.scores = scores;
        this.pacer = pacer;
        this.counters = counters;
        this.batchSize = batchSize;
    }

    void add(EmbeddingJob job) {
        if (!job.isDone()) {
            (job.pooling() == Pooling.RANK ? scores : vectors).add(job);
            count();
        }
    }

    /** Scores that a reranker gives to an input. */
    int scoresWidth() {
        return scores.width();
    }

    public boolean isIdle() {
        return vectors.isIdle() && scores.isIdle();
    }

    /**
     * Computes a batch, if any input waits.
     *
     * @param streaming whether somebody waits for the next token of a text
     * @param generationNanos how long the step of generations took that came before
     */
    public void step(boolean streaming, long generationNanos) {
        if (isIdle()) {
            return;
        }
        if (streaming) {
            pacer.measured(1, 0, generationNanos);
        }
        EmbeddingLane lane = vectors.isIdle() || (scoresNext && !scores.isIdle()) ? scores : vectors;
        scoresNext = lane == vectors;
        long begun = System.nanoTime();
        try {
            int tokens = lane.step(streaming ? Math.min(batchSize, pacer.chunk()) : batchSize);
            pacer.measured(0, tokens, System.nanoTime() - begun);
            counters.embedded(tokens);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "embedding failed; the questions in its batch end", e);
            lane.failBatch(new EngineError.Internal("the engine failed while embedding"));
        }
        count();
    }

    /** Leaves out what nobody waits for any more. */
    void sweep() {
        vectors.sweep();
        scores.sweep();
        count();
    }

    /** Ends every question with an error. */
    public void failAll(EngineError error) {
        vectors.failAll(error);
        scores.failAll(error);
        count();
    }

    private void count() {
        counters.embedding(vectors.unfinished() + scores.unfinished(), Math.min(batchSize, pacer.chunk()));
    }

    /** @throws IllegalStateException when sequences and inputs disagree */
    public void checkInvariants() {
        vectors.checkInvariants();
        scores.checkInvariants();
    }

    @Override
    public void close() {
        vectors.close();
        scores.close();
    }
}
