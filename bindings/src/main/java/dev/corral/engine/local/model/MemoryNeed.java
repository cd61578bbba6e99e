package dev.corral.engine.local.model;

import com.sun.management.OperatingSystemMXBean;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.gguf.ModelShape;
import dev.corral.gguf.TensorType;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * How much memory a model takes, as far as its files and the options tell. All in bytes.
 *
 * @param weights of the model, and of the one that drafts for it and the projector, where there are
 * @param cache keys and values of all tokens, and states of all sequences
 * @param compute what a step needs
 */
public record MemoryNeed(long weights, long cache, long compute) {

    /** Tokens for each slot where nobody says. */
    static final int USUAL_CONTEXT = 4096;

    /** What a worker takes for any model. */
    private static final long FIXED = 64L << 20;

    /** How many vectors of a token are alive at once in a layer. */
    private static final int LIVE_VECTORS = 6;

    /** The same when its logits are made. */
    private static final int LAST_VECTORS = 3;

    /**
     * The need of a model with these options; where they leave the context open, with the usual one, and without Corral's own kernel,
     * which takes less: no native code is asked whether it is there.
     *
     * @throws dev.corral.gguf.GgufException when it can't be loaded
     */
    public static MemoryNeed of(LocalEngineOptions options) {
        ModelShape shape = ModelShape.of(CheckedModel.read(options.model()).filesOrHeader(options.model()));
        return of(shape, options, contextSize(shape, options));
    }

    static MemoryNeed of(ModelShape shape, LocalEngineOptions options, long contextSize) {
        return of(shape, options, contextSize, false, false);
    }

    /**
     * @param contextSize tokens of all slots together
     * @param onGpu whether any layer is computed there
     * @param ownKernel whether Corral's kernel for attention is there
     */
    static MemoryNeed of(
            ModelShape shape, LocalEngineOptions options, long contextSize, boolean onGpu, boolean ownKernel) {
        long beside = options.draft()
                        .map(draft -> draft.model().toFile().length())
                        .orElse(0L)
                + options.projector().map(file -> file.file().toFile().length()).orElse(0L);
        int microBatch = ContextFit.microBatchSize(options, onGpu, 0);
        CacheLayout layout = CacheLayout.of(shape, options, contextSize, microBatch);
        long cells = CacheLayout.isUnified(shape, options) ? contextSize : contextSize / options.slots();
        boolean fused = ContextFit.isFused(options, ownKernel);
        boolean plain = shape.causal() && ContextFit.isPlain(options, onGpu, fused, cells, microBatch, shape.heads());
        return new MemoryNeed(
                shape.weightBytes() + beside,
                shape.cacheBytes(layout.cells(), layout.windowed(), type(options.keyType()), type(options.valueType()))
                        + layout.sequences() * shape.stateBytes(),
                compute(shape, layout, microBatch, plain));
    }

    /** The context that is taken where the options leave it open and memory plays no part. */
    static long contextSize(ModelShape shape, LocalEngineOptions options) {
        return options.contextSize() > 0
                ? options.contextSize()
                : Math.min(shape.trainedContext(), USUAL_CONTEXT) * options.slots();
    }

    /**
     * What one layer needs at a time, or the logits at the end: each token of a micro batch has vectors; for each cell, whether it may
     * see it; and its scores, unless these are summed up as they are made. A layer that keeps a state works on a copy.
     */
    private static long compute(ModelShape shape, CacheLayout layout, long microBatch, boolean plain) {
        long vectors = LIVE_VECTORS * shape.width() + 2 * shape.feedForward();
        long scores = plain ? layout.seen() * shape.heads() * Float.BYTES : 0;
        long masks = (layout.seen() + (shape.window().exists() ? layout.seenWindowed() : 0))
                * (plain ? Float.BYTES : Short.BYTES);
        long layer = microBatch * (vectors * Float.BYTES + scores + masks)
                + 2 * layout.sequences() * shape.stateBytes() / Math.max(1, shape.layers());
        long end = microBatch * (shape.vocabulary() + LAST_VECTORS * shape.width()) * Float.BYTES;
        long outputs = layout.sequences() * shape.vocabulary() * Float.BYTES;
        return FIXED + Math.max(layer, end) + outputs;
    }

    static TensorType type(String cacheType) {
        return TensorType.valueOf(cacheType.toUpperCase(Locale.ROOT));
    }

    public long total() {
        return weights + cache + compute;
    }

    /** Memory of this machine, or of the container that this process is in. */
    public static long ofMachine() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }
}
