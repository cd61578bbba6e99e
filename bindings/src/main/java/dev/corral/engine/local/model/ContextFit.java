package dev.corral.engine.local.model;

import com.sun.management.OperatingSystemMXBean;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.gguf.TensorType;
import dev.corral.llama.CacheType;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.Device;
import dev.corral.llama.FlashAttention;
import dev.corral.llama.Model;
import dev.corral.llama.NativeLibrary;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What a model's context is like where nobody said. */
public final class ContextFit {

    /** Tokens for each slot, at most, unless asked for more. */
    private static final int ENOUGH = 4096;

    private static final int LEAST = 512;

    private static final int GPU_MICRO_BATCH = 512;

    /** A CPU computes no faster in larger ones, which only take memory. */
    private static final int CPU_MICRO_BATCH = 128;

    /** Slots of no more tokens hold texts that are too short for plain attention to gain by. */
    private static final int SHORT = 512;

    /** Without flash attention every token of a micro batch has a score for each cell and head. */
    private static final long MAX_SCORE_BYTES = 256L << 20;

    private final LocalEngineOptions options;
    private final Model model;
    private final int leastMicroBatch;

    public ContextFit(LocalEngineOptions options, Model model) {
        this(options, model, 0);
    }

    /** @param leastMicroBatch tokens that must be computed at once, unless the options say how many can be */
    public ContextFit(LocalEngineOptions options, Model model, int leastMicroBatch) {
        this.options = options;
        this.model = model;
        this.leastMicroBatch = leastMicroBatch;
    }

    /** What every context of the model is computed with. */
    public ContextOptions.Builder computing() {
        ContextOptions.Builder builder = ContextOptions.builder()
                .rope(NtkScaling.of(options.ropeAlpha(), model))
                .keyType(CacheType.named(options.keyType()))
                .valueType(CacheType.named(options.valueType()));
        if (options.threads() > 0) {
            builder.threads(options.threads());
        }
        if (options.batchThreads() > 0) {
            builder.batchThreads(options.batchThreads());
        }
        return builder;
    }

    /** Tokens of all slots together: what the model was trained for, as far as a quarter of the machine's memory holds it. */
    public int contextSize() {
        if (options.contextSize() > 0) {
            return options.contextSize();
        }
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        long fitting = memory / 4 / Math.max(1, bytesPerToken()) / options.slots();
        int wanted = Math.min(model.trainedContext(), ENOUGH);
        return (int) Math.clamp(fitting, Math.min(LEAST, wanted), wanted) * options.slots();
    }

    /** Keys and values of one token in 16 bits. */
    private long bytesPerToken() {
        long headSize = model.embeddingSize() / Math.max(1, model.heads());
        return 2L * 2 * model.layers() * model.keyValueHeads() * headSize;
    }

    public int microBatchSize() {
        return microBatchSize(options, computesOnGpu(), leastMicroBatch);
    }

    /** @param least tokens that must be computed at once */
    static int microBatchSize(LocalEngineOptions options, boolean onGpu, int least) {
        int wanted = options.microBatchSize() > 0
                ? options.microBatchSize()
                : Math.max(least, onGpu ? GPU_MICRO_BATCH : CPU_MICRO_BATCH);
        return Math.min(wanted, options.batchSize());
    }

    /** How attention is computed. */
    public FlashAttention flashAttention() {
        return flashAttention(unified() ? contextSize() : contextSize() / options.slots(), microBatchSize());
    }

    /** The same for a context of its own, of so many cells. */
    public FlashAttention flashAttention(long cells, int microBatch) {
        boolean fused = isFused(options, NativeLibrary.load().attendsOnCpu());
        return isPlain(options, computesOnGpu(), fused, cells, microBatch, model.heads())
                ? FlashAttention.OFF
                : FlashAttention.valueOf(options.flashAttention().toUpperCase(Locale.ROOT));
    }

    /**
     * Whether attention is computed by plain matrix products, which keep a score for each token, cell and head. On a CPU nothing is
     * faster than Corral's fused kernel. Where it can't be, they are faster than llama.cpp's, the more the longer the texts are, as
     * long as their scores are small enough to be kept.
     */
    static boolean isPlain(
            LocalEngineOptions options, boolean onGpu, boolean fused, long cells, long microBatch, int heads) {
        return options.flashAttention().equalsIgnoreCase("off")
                || (options.flashAttention().equalsIgnoreCase("auto")
                        && !onGpu
                        && !fused
                        && cells > SHORT
                        && cells * microBatch * heads * Float.BYTES <= MAX_SCORE_BYTES);
    }

    /**
     * Whether a fused kernel is the better one, or the only one: quantized values need one.
     *
     * @param own whether Corral's is there
     */
    static boolean isFused(LocalEngineOptions options, boolean own) {
        TensorType values = MemoryNeed.type(options.valueType());
        boolean quantized = values.blockSize() > 1;
        return quantized || (own && values == TensorType.F16 && MemoryNeed.type(options.keyType()) == TensorType.F16);
    }

    /** Whether slots share their cells: only where told, or where a sliding window can't be shared otherwise. */
    public boolean unified() {
        return !isRecurrent() && options.unifiedCache().orElse(model.slidingWindow() > 0);
    }

    /** Sequences that a context has: those of the slots, and of finished prefixes where these can stay beside them. */
    public int sequences() {
        return CacheLayout.sequences(options, isRecurrent(), unified());
    }

    public boolean isRecurrent() {
        return model.isRecurrent() || model.isHybrid();
    }

    private boolean computesOnGpu() {
        return options.gpuLayers() != 0
                && NativeLibrary.load().devices().stream()
                        .anyMatch(device ->
                                device.kind() == Device.Kind.GPU || device.kind() == Device.Kind.INTEGRATED_GPU);
    }
}
