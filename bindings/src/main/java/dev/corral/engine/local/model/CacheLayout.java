package dev.corral.engine.local.model;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.gguf.ModelShape;
import dev.corral.llama.ContextOptions;

/**
 * What llama.cpp makes of a context: cells in blocks, for all sequences together or for each.
 *
 * @param sequences that it holds at most
 * @param cells of layers that see everything
 * @param windowed those of layers in a sliding window
 * @param seen cells of a layer among which a token's scores are
 * @param seenWindowed the same in a sliding window
 */
record CacheLayout(int sequences, long cells, long windowed, long seen, long seenWindowed) {

    /** Sequence ids for finished prefixes, beside those of the slots. */
    private static final int IDLE_SEQUENCES = 28;

    private static final long BLOCK = 256;

    /**
     * @param contextSize tokens of all slots together
     * @param microBatch tokens that are computed at once
     */
    static CacheLayout of(ModelShape shape, LocalEngineOptions options, long contextSize, long microBatch) {
        boolean unified = isUnified(shape, options);
        int sequences = sequences(options, isRecurrent(shape), unified);
        if (!shape.causal()) {
            return new CacheLayout(sequences, 0, 0, 0, 0);
        }
        long pools = unified ? 1 : sequences;
        long each = blocks(blocks(contextSize) / pools);
        long window = shape.window().tokens() * (unified ? sequences : 1) + microBatch;
        long windowed = options.fullWindowCache() ? each : blocks(Math.min(each, window));
        return new CacheLayout(sequences, each * pools, windowed * pools, each, windowed);
    }

    /** Whether all sequences have cells together. */
    static boolean isUnified(ModelShape shape, LocalEngineOptions options) {
        return !isRecurrent(shape)
                && options.unifiedCache().orElse(shape.window().exists());
    }

    private static boolean isRecurrent(ModelShape shape) {
        return shape.stateBytes() > 0;
    }

    /** How many sequences a context holds. */
    static int sequences(LocalEngineOptions options, boolean recurrent, boolean unified) {
        int most = Math.min(ContextOptions.MAX_SEQUENCES, options.batchSize());
        if (recurrent) {
            return Math.min(most, options.slots() * 2);
        }
        return unified ? Math.min(most, options.slots() + IDLE_SEQUENCES) : options.slots();
    }

    private static long blocks(long tokens) {
        return Math.ceilDiv(tokens, BLOCK) * BLOCK;
    }
}
