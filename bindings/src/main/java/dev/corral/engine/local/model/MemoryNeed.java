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

    /** The part of llama.cpp's buffers and of a worker that is there for any model. */
    private static final long FIXED = 64L << 20;

    private static final int CPU_MICRO_BATCH = 128;

    /** How many vectors of a token are alive at once in a layer. */
    private static final int LIVE_VECTORS = 6;

    /**
     * The need of a model with these options; where they leave the context open, with the usual one.
     *
     * @throws dev.corral.gguf.GgufException when it can't be loaded
     */
    public static MemoryNeed of(LocalEngineOptions options) {
        ModelShape shape = ModelShape.of(CheckedModel.read(options.model()).filesOrHeader(options.model()));
        return of(shape, options, contextSize(shape, options));
    }

    /** @param contextSize tokens of all slots together */
    static MemoryNeed of(ModelShape shape, LocalEngineOptions options, long contextSize) {
        long beside = options.draft()
                        .map(draft -> draft.model().toFile().length())
                        .orElse(0L)
                + options.projector().map(file -> file.file().toFile().length()).orElse(0L);
        long cells = shape.causal() ? contextSize : 0;
        return new MemoryNeed(
                shape.weightBytes() + beside,
                cells * shape.bytesPerToken(type(options.keyType()), type(options.valueType()))
                        + options.slots() * shape.stateBytes(),
                compute(shape, options, cells));
    }

    /** The context that is taken where the options leave it open and memory plays no part. */
    static long contextSize(ModelShape shape, LocalEngineOptions options) {
        return options.contextSize() > 0
                ? options.contextSize()
                : Math.min(shape.trainedContext(), USUAL_CONTEXT) * options.slots();
    }

    /** Each token of a micro batch has vectors of the layer that is computed, at the end its logits, and its scores. */
    private static long compute(ModelShape shape, LocalEngineOptions options, long cells) {
        long tokens = Math.min(
                options.batchSize(), options.microBatchSize() > 0 ? options.microBatchSize() : CPU_MICRO_BATCH);
        long vectors = LIVE_VECTORS * shape.width() + 2 * shape.feedForward();
        long logits = shape.vocabulary() + shape.width();
        boolean unified = options.unifiedCache().orElse(false);
        long seen = unified ? cells : cells / options.slots();
        // plain attention is only taken where its scores are few
        long plain = tokens * seen * shape.heads() * Float.BYTES;
        long scores = options.flashAttention().equals("on") || plain > ContextFit.MAX_SCORE_BYTES ? 0 : plain;
        return FIXED + tokens * Float.BYTES * Math.max(vectors, logits) + scores;
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
