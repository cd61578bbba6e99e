package dev.corral.engine.local.model;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.gguf.ModelShape;
import java.util.Locale;

/**
 * Chooses what options leave open, so that the model fits into the memory that is free: layers on the GPU, then tokens of
 * context, then slots.
 *
 * @param shape of the model
 * @param memory that it may take
 * @param ownKernel whether Corral's kernel for attention is there, which needs less
 */
public record MemoryFit(ModelShape shape, FreeMemory memory, boolean ownKernel) {

    /** Less than this in a slot is of no use. */
    private static final int LEAST_CONTEXT = 512;

    /** What a device keeps for itself, and for what nobody can tell before. */
    private static final long DEVICE_RESERVE = 384L << 20;

    private static final double GIB = 1L << 30;

    /**
     * The options with what was open.
     *
     * @throws IllegalStateException when nothing fits, or what was asked for does not; the message says what would
     */
    public LocalEngineOptions applyTo(LocalEngineOptions options) {
        if (!options.fit()) {
            return options;
        }
        LocalEngineOptions placed = memory.devices().isEmpty() ? options : onDevice(options);
        LocalEngineOptions fitting = placed;
        while (onHost(fitting) > memory.host()) {
            if (options.contextSize() > 0 || !shape.causal()) {
                throw tooLarge(options, placed);
            }
            int slotContext = slotContext(fitting);
            if (slotContext / 2 >= LEAST_CONTEXT) {
                fitting = fitting.toBuilder()
                        .contextSize(slotContext / 2 * fitting.slots())
                        .build();
            } else if (options.flexibleSlots() && fitting.slots() > 1) {
                int slots = fitting.slots() / 2;
                fitting = fitting.toBuilder()
                        .slots(slots)
                        .contextSize(slotContext * slots)
                        .build();
            } else {
                throw tooLarge(options, fitting);
            }
        }
        return fitting;
    }

    private int slotContext(LocalEngineOptions options) {
        return (int) (MemoryNeed.contextSize(shape, options) / options.slots());
    }

    /** As many of the last layers on the GPUs as fit there with their part of the cache. */
    private LocalEngineOptions onDevice(LocalEngineOptions options) {
        int wanted = options.gpuLayers() < 0 ? shape.layers() : Math.min(options.gpuLayers(), shape.layers());
        int fitting = layersThatFit(options);
        if (options.gpuLayers() >= 0) {
            if (wanted > fitting) {
                throw new IllegalStateException(String.format(
                        Locale.ROOT,
                        "%d layers do not fit into the %s that are free on the GPU; %d do: --gpu-layers %d, or a smaller"
                                + " --ctx-size. --fit off tries it anyway",
                        wanted,
                        gib(memory.ofDevices()),
                        fitting,
                        fitting));
            }
            return options;
        }
        return fitting == shape.layers()
                ? options
                : options.toBuilder().gpuLayers(fitting).build();
    }

    private int layersThatFit(LocalEngineOptions options) {
        MemoryNeed need = need(options);
        long reserve = (DEVICE_RESERVE + need.compute()) * memory.devices().size();
        // the output belongs to no layer, and goes with the last one
        long left = memory.ofDevices() - reserve - outsideOfLayers();
        int layers = 0;
        while (layers < shape.layers() && left >= bytesOf(shape.layers() - 1 - layers, options)) {
            left -= bytesOf(shape.layers() - 1 - layers, options);
            layers++;
        }
        return layers;
    }

    private MemoryNeed need(LocalEngineOptions options) {
        return MemoryNeed.of(
                shape, options, MemoryNeed.contextSize(shape, options), computesOnDevice(options), ownKernel);
    }

    private boolean computesOnDevice(LocalEngineOptions options) {
        return !memory.devices().isEmpty() && options.gpuLayers() != 0;
    }

    private long bytesOf(int layer, LocalEngineOptions options) {
        CacheLayout layout = CacheLayout.of(
                shape,
                options,
                MemoryNeed.contextSize(shape, options),
                ContextFit.microBatchSize(options, computesOnDevice(options), 0));
        return shape.layerBytes().get(layer)
                + shape.cacheBytes(
                        layer,
                        layout.cells(),
                        layout.windowed(),
                        MemoryNeed.type(options.keyType()),
                        MemoryNeed.type(options.valueType()));
    }

    private long outsideOfLayers() {
        return shape.weightBytes()
                - shape.layerBytes().stream().mapToLong(Long::longValue).sum();
    }

    /** What stays in the host's memory. */
    private long onHost(LocalEngineOptions options) {
        long all = need(options).total();
        if (memory.devices().isEmpty()) {
            return all;
        }
        int there = options.gpuLayers() < 0 ? shape.layers() : Math.min(options.gpuLayers(), shape.layers());
        for (int layer = shape.layers() - there; layer < shape.layers(); layer++) {
            all -= bytesOf(layer, options);
        }
        return all;
    }

    private IllegalStateException tooLarge(LocalEngineOptions asked, LocalEngineOptions tried) {
        long context = MemoryNeed.contextSize(shape, tried);
        MemoryNeed need = need(tried);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s needs about %s of memory (weights %s, KV cache %s for %d tokens in %d slots, computing %s), and %s"
                        + " are free.",
                asked.name(),
                gib(need.total()),
                gib(need.weights()),
                gib(need.cache()),
                context,
                tried.slots(),
                gib(need.compute()),
                gib(memory.host())));
        String would = remedies(asked, tried);
        text.append(would.isEmpty() ? "" : " What would fit: " + would + ".");
        return new IllegalStateException(
                text.append(" --fit off tries it anyway").toString());
    }

    private String remedies(LocalEngineOptions asked, LocalEngineOptions tried) {
        StringBuilder would = new StringBuilder();
        if (asked.contextSize() > 0) {
            long context = largestContext(tried);
            if (context >= LEAST_CONTEXT) {
                would.append("--ctx-size ").append(context);
            }
            LocalEngineOptions quantized =
                    tried.toBuilder().keyType("q8_0").valueType("q8_0").build();
            if (onHost(quantized) <= memory.host() && !asked.keyType().equals("q8_0")) {
                would.append(would.isEmpty() ? "" : ", or ").append("--cache-type-k q8_0 --cache-type-v q8_0");
            }
            if (shape.window().exists()
                    && tried.fullWindowCache()
                    && onHost(tried.toBuilder().fullWindowCache(false).build()) <= memory.host()) {
                would.append(would.isEmpty() ? "" : ", or ").append("--no-swa-full");
            }
        }
        long weights = memory.host() - onHost(tried) + shape.weightBytes();
        if (would.isEmpty() && weights > 0) {
            would.append("a quantization whose file has at most ").append(gib(weights));
        }
        return would.toString();
    }

    /** Tokens of all slots that fit, in steps of 256 for each. */
    private long largestContext(LocalEngineOptions options) {
        long step = 256L * options.slots();
        long tokens = options.contextSize() / step * step;
        while (tokens > 0
                && onHost(options.toBuilder().contextSize((int) tokens).build()) > memory.host()) {
            tokens -= step;
        }
        return tokens;
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }
}
