package dev.corral.engine.local.options;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Pooling;
import dev.corral.engine.Range;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a model is loaded and served. Names and defaults follow llama.cpp's server.
 *
 * @param model its GGUF file
 * @param name what clients call it
 * @param contextSize tokens of KV cache, of all slots together; 0 for what the model was trained for in each slot, as
 *     far as memory allows
 * @param slots how many completions run at once
 * @param batchSize the most tokens that a step computes
 * @param microBatchSize the most tokens that the device computes at once; 0 for what suits the device
 * @param threads for steps that generate; 0 for as many as there are cores
 * @param batchThreads for steps that prefill; 0 for as many as {@code threads}
 * @param gpuLayers layers to keep on the GPU; negative for as many as fit
 * @param splitMode how a model is split across GPUs: none, layer, row or tensor
 * @param mainGpu the GPU for a model that is not split
 * @param ropeAlpha stretches rotary positions, NTK-aware, for a context about so many times longer than the model was
 *     trained on; 1 leaves them as they are
 * @param flashAttention on, off or auto: what suits the device
 * @param keyType type of keys in the KV cache, such as f16 or q8_0
 * @param valueType type of values in the KV cache
 * @param mmap map the file instead of reading it
 * @param mlock keep the model in memory
 * @param unifiedCache slots share one pool of cells, so that one request may use them all and prefixes are shared without
 *     copying; otherwise each slot has cells of its own, which are computed faster side by side. Empty for what suits the
 *     model
 * @param fullWindowCache keep all tokens of sliding-window layers, so that prefixes can be shared
 * @param cacheRamMiB host memory for states that left the KV cache, in MiB; 0 for none
 * @param cacheFolder where states are kept on disk, across restarts too
 * @param cacheDiskMiB how much of the disk they may take, in MiB
 * @param slotFolder where slots are saved by name; empty refuses to
 * @param queueLimit how many requests may wait for a slot before others are refused
 * @param stepTargetMillis how long a step may take while somebody streams
 * @param pooling how embeddings are pooled where a request does not say; {@link Pooling#RANK} takes the model for a
 *     reranker
 * @param chatTemplate a Jinja template in place of the model's own
 * @param adapters LoRA adapters, loaded with the model or as requests name them
 * @param warmUp compute one token before the first request
 * @param draft a smaller model that drafts for this one
 * @param projector what lets the model see or hear
 * @param fit choose what is left open so that the model fits into the free memory, and refuse what does not
 * @param flexibleSlots fewer slots will do where memory is short
 * @param rpcServers other machines that compute a part of the model
 */
public record LocalEngineOptions(
        Path model,
        String name,
        int contextSize,
        int slots,
        int batchSize,
        int microBatchSize,
        int threads,
        int batchThreads,
        int gpuLayers,
        String splitMode,
        int mainGpu,
        double ropeAlpha,
        String flashAttention,
        String keyType,
        String valueType,
        boolean mmap,
        boolean mlock,
        Optional<Boolean> unifiedCache,
        boolean fullWindowCache,
        int cacheRamMiB,
        Optional<Path> cacheFolder,
        int cacheDiskMiB,
        Optional<Path> slotFolder,
        int queueLimit,
        int stepTargetMillis,
        Pooling pooling,
        Optional<String> chatTemplate,
        AdapterOptions adapters,
        boolean warmUp,
        Optional<Draft> draft,
        Optional<Projector> projector,
        boolean fit,
        boolean flexibleSlots,
        List<RpcServer> rpcServers) {

    public static final Range CONTEXT_SIZE = Range.atLeast(0);
    public static final Range SLOTS = Range.of(1, 128);
    public static final Range BATCH_SIZE = Range.of(1, 1 << 20);
    public static final Range MICRO_BATCH_SIZE = Range.of(0, 1 << 20);
    public static final Range THREADS = Range.of(0, 512);
    public static final Range ROPE_ALPHA = Range.of(1, 64);
    public static final Range CACHE_MIB = Range.atLeast(0);
    public static final Range QUEUE_LIMIT = Range.atLeast(0);
    public static final Range STEP_TARGET_MILLIS = Range.of(1, 60_000);
    public static final Range IMAGE_TOKENS = Range.of(0, 1 << 16);

    public LocalEngineOptions {
        rpcServers = List.copyOf(rpcServers);
        CONTEXT_SIZE.check("ctx-size", contextSize);
        SLOTS.check("parallel", slots);
        BATCH_SIZE.check("batch-size", batchSize);
        MICRO_BATCH_SIZE.check("ubatch-size", microBatchSize);
        THREADS.check("threads", threads);
        THREADS.check("threads-batch", batchThreads);
        ROPE_ALPHA.check("alpha", ropeAlpha);
        CACHE_MIB.check("cache-ram", cacheRamMiB);
        CACHE_MIB.check("cache-disk-limit", cacheDiskMiB);
        QUEUE_LIMIT.check("queue", queueLimit);
        STEP_TARGET_MILLIS.check("step-target", stepTargetMillis);
        if (batchSize < slots) {
            throw new InvalidRequestException(
                    "batch-size", Integer.toString(batchSize), "must be at least the number of slots, " + slots);
        }
    }

    /**
     * A smaller model with the same vocabulary.
     *
     * @param model its GGUF file
     * @param threads for its batches of one token; 0 for as many as the larger model gets
     * @param batchThreads for its larger batches; 0 for as many as {@code threads}
     * @param gpuLayers layers to keep on the GPU; negative for all
     * @param keyType type of keys in its KV cache
     * @param valueType type of values in its KV cache
     */
    public record Draft(Path model, int threads, int batchThreads, int gpuLayers, String keyType, String valueType) {
        public Draft {
            THREADS.check("threads-draft", threads);
            THREADS.check("threads-batch-draft", batchThreads);
        }

        public static Draft of(Path model) {
            return new Draft(model, 0, 0, -1, "f16", "f16");
        }
    }

    /**
     * A multimodal projector that was made for the model.
     *
     * @param file its GGUF file
     * @param gpu compute it on the GPU where there is one
     * @param minTokens the least tokens that an image becomes, where that depends on its size; 0 for the projector's own
     * @param maxTokens the most tokens that an image becomes, where that depends on its size; 0 for the projector's own
     */
    public record Projector(Path file, boolean gpu, int minTokens, int maxTokens) {
        public Projector {
            IMAGE_TOKENS.check("image-min-tokens", minTokens);
            IMAGE_TOKENS.check("image-max-tokens", maxTokens);
            if (maxTokens > 0 && minTokens > maxTokens) {
                throw new InvalidRequestException(
                        "image-min-tokens", Integer.toString(minTokens), "must be at most " + maxTokens);
            }
        }

        public static Projector of(Path file) {
            return new Projector(file, true, 0, 0);
        }
    }

    /** The same, for changing some of them. */
    public LocalEngineOptionsBuilder toBuilder() {
        return new LocalEngineOptionsBuilder(this);
    }

    /** Options with defaults for everything but the model. */
    public static LocalEngineOptions of(Path model) {
        return builder(model).build();
    }

    public static LocalEngineOptionsBuilder builder(Path model) {
        return new LocalEngineOptionsBuilder(model);
    }
}
