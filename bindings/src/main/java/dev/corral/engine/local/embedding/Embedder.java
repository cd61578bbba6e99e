package dev.corral.engine.local.embedding;

import dev.corral.engine.EngineError;
import dev.corral.engine.Pooling;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.measure.PrefillPacer;
import dev.corral.engine.local.model.ContextFit;
import dev.corral.llama.Context;
import dev.corral.llama.Model;

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
    private Embedder(
            EmbeddingLane vectors, EmbeddingLane scores, PrefillPacer pacer, Counters counters, int batchSize) {
        this.vectors = vectors;
        this.scores = scores;
        this.pacer = pacer;
        this.counters = counters;
        this.batchSize = batchSize;
    }

    /**
     * What embeds and ranks with a model.
     *
     * @param context the engine's own, which an encoder lends
     * @param stepTargetNanos how long a step may take while somebody streams
     */
    public static Embedder of(
            ContextFit fit,
            Model model,
            Context context,
            EmbeddingTraits traits,
            long stepTargetNanos,
            Counters counters) {
        int batchSize = traits.generates() ? EmbeddingContext.chunk(model, fit) : fit.microBatchSize();
        return new Embedder(
                lane(fit, model, context, traits, false),
                lane(fit, model, context, traits, true),
                new PrefillPacer(stepTargetNanos, batchSize, batchSize),
                counters,
                batchSize);
    }

    private static EmbeddingLane lane(
            ContextFit fit, Model model, Context context, EmbeddingTraits traits, boolean ranks) {
        EmbeddingContext room = traits.generates()
                ? EmbeddingContext.onDemand(model, fit, traits, ranks)
                : EmbeddingContext.lent(model, fit, traits, ranks, context);
        int width = ranks ? model.classifierLabels().size() : model.outputEmbeddingSize();
        return new EmbeddingLane(room, traits, ranks, width);
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
