package dev.corral.engine.local.embedding;

import dev.corral.engine.local.measure.PrefillPacer;
import dev.corral.engine.local.model.ContextFit;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.Model;
import dev.corral.llama.Pooling;
import org.jspecify.annotations.Nullable;

/**
 * The context that one kind of vectors is computed in: tokens' rows, or a reranker's scores. It is opened when it is
 * first needed, and again with twice the room when an input is longer than it holds; it stays open, since opening costs
 * more than most inputs. An encoder lends the engine's own context, which is as large as its inputs may be.
 *
 * <p>Ownership: closes what it opened, not what it was lent. The engine thread's.
 */
public final class EmbeddingContext implements AutoCloseable {

    private static final int LEAST_ROOM = 512;
    private static final int SEQUENCES = 64;
    private static final int STATES = 8;

    /** What the outputs of a batch may take: llama.cpp reserves a row of logits for each, wanted or not. */
    private static final long OUTPUT_BYTES = 128L << 20;

    private final Model model;
    private final ContextFit fit;
    private final EmbeddingTraits traits;
    private final Pooling pooling;
    private final boolean lent;
    private @Nullable Context context;

    private EmbeddingContext(
            Model model, ContextFit fit, EmbeddingTraits traits, Pooling pooling, @Nullable Context lent) {
        this.model = model;
        this.fit = fit;
        this.traits = traits;
        this.pooling = pooling;
        this.lent = lent != null;
        this.context = lent;
    }

    /** Of a model that computes nothing else: the engine's own context, where it gives what is wanted. */
    static EmbeddingContext lent(Model model, ContextFit fit, EmbeddingTraits traits, boolean ranks, Context engines) {
        Pooling pooling = kind(ranks);
        return new EmbeddingContext(model, fit, traits, pooling, engines.pooling() == pooling ? engines : null);
    }

    static EmbeddingContext onDemand(Model model, ContextFit fit, EmbeddingTraits traits, boolean ranks) {
        return new EmbeddingContext(model, fit, traits, kind(ranks), null);
    }

    private static Pooling kind(boolean ranks) {
        return ranks ? Pooling.RANK : Pooling.NONE;
    }

    /** The context of an engine that only embeds, or only ranks; it belongs to the calling thread. */
    public static Context ofEncoder(Model model, ContextFit fit, EmbeddingTraits traits) {
        return model.newContext(contextOptions(model, fit, traits, kind(traits.ranks()), traits.limit()));
    }

    /** A context with room for an input of so many tokens; another one than before is empty. */
    Context withRoomFor(int tokens) {
        Context open = context;
        if (open != null && room(open) >= tokens) {
            return open;
        }
        if (open != null && lent) {
            throw new IllegalStateException("an input of " + tokens + " tokens, " + traits.limit() + " may come");
        }
        close();
        int room = Math.min(Integer.highestOneBit(Math.max(tokens, LEAST_ROOM) * 2 - 1), traits.limit());
        Context opened = model.newContext(contextOptions(model, fit, traits, pooling, room));
        context = opened;
        return opened;
    }

    private int room(Context open) {
        return traits.whole() ? open.microBatchSize() : open.contextSize();
    }

    private static ContextOptions contextOptions(
            Model model, ContextFit fit, EmbeddingTraits traits, Pooling pooling, int room) {
        int batch = traits.whole() ? room : chunk(model, fit);
        boolean states = model.isRecurrent() || model.isHybrid();
        return fit.computing()
                .contextSize(room)
                .batchSize(batch)
                .microBatchSize(batch)
                .maxSequences(Math.min(Math.min(batch, room), states ? STATES : SEQUENCES))
                .kvUnified(true)
                .flashAttention(fit.flashAttention(room, batch))
                .swaFull(false)
                .embeddings(true)
                .pooling(pooling)
                .build();
    }

    /** Tokens to compute at once of a model that can go on where it was. */
    static int chunk(Model model, ContextFit fit) {
        long row = (long) Float.BYTES * (model.vocabulary().size() + model.outputEmbeddingSize());
        int most = fit.microBatchSize();
        return (int) Math.clamp(OUTPUT_BYTES / row, Math.min(PrefillPacer.MIN_CHUNK, most), most);
    }

    @Override
    public void close() {
        Context open = context;
        context = null;
        if (open != null && !lent) {
            open.close();
        }
    }
}
