package dev.corral.engine.local.measure;

/**
 * How many prompt tokens a step may compute while streams are waiting for their next token. It measures what a prompt
 * token and a step without any cost, and sizes the chunk so that the step stays within its target.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class PrefillPacer {

    public static final int MIN_CHUNK = 16;
    private static final int GRAIN = 8;
    private static final double WEIGHT = 0.2;
    private static final double MARGIN = 0.8;
    private static final double SLOWDOWN = 2;
    private static final double LEISURE_NANOS = 400e6;

    private final double targetNanos;
    private final int microBatch;
    private final int maxChunk;
    private double generationStepNanos;
    private double promptTokenNanos;

    /**
     * @param targetNanos how long a step may take at most, unless twice a step without prefill is longer
     * @param microBatch tokens that are computed at once; fewer would compute more slowly
     * @param maxChunk the most tokens that a step can hold
     */
    public PrefillPacer(long targetNanos, int microBatch, int maxChunk) {
        this.targetNanos = targetNanos;
        this.microBatch = Math.min(microBatch, maxChunk);
        this.maxChunk = maxChunk;
    }

    /** Tokens that the next step may prefill. */
    public int chunk() {
        if (promptTokenNanos == 0) {
            return Math.min(maxChunk, MIN_CHUNK * 4);
        }
        double target = Math.max(targetNanos, SLOWDOWN * generationStepNanos);
        double left = MARGIN * target - generationStepNanos;
        int chunk = (int) Math.min(maxChunk, left / promptTokenNanos);
        return Math.clamp(chunk / GRAIN * GRAIN, Math.min(MIN_CHUNK, maxChunk), maxChunk);
    }

    /** Tokens of a long prompt that the next step may read while nobody streams. Whole micro batches, or all there can be. */
    public int leisurelyChunk() {
        if (promptTokenNanos == 0) {
            return microBatch;
        }
        int chunk = (int) Math.min(maxChunk, LEISURE_NANOS / promptTokenNanos);
        return chunk == maxChunk ? maxChunk : Math.max(microBatch, chunk / microBatch * microBatch);
    }

    /** Learns from a step that took {@code nanos}. */
    public void measured(int generationTokens, int promptTokens, long nanos) {
        if (promptTokens == 0) {
            generationStepNanos = blend(generationStepNanos, nanos);
        } else if (promptTokens >= MIN_CHUNK) {
            double rest = generationTokens == 0 ? 0 : Math.min(generationStepNanos, nanos * 0.9);
            promptTokenNanos = blend(promptTokenNanos, (nanos - rest) / promptTokens);
        }
    }

    private static double blend(double old, double fresh) {
        return old == 0 ? fresh : old + WEIGHT * (fresh - old);
    }
}
