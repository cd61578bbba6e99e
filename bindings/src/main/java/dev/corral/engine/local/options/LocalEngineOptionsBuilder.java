package dev.corral.engine.local.options;

import dev.corral.engine.Pooling;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Builds {@link LocalEngineOptions}. Not thread-safe. */
public final class LocalEngineOptionsBuilder {

    private final Path model;
    private String name;
    private int contextSize;
    private int slots = 4;
    private int batchSize = 2048;
    private int microBatchSize;
    private int threads;
    private int batchThreads;
    private int gpuLayers = -1;
    private String splitMode = "layer";
    private int mainGpu;
    private double ropeAlpha = 1;
    private String flashAttention = "auto";
    private String keyType = "f16";
    private String valueType = "f16";
    private boolean mmap = true;
    private boolean mlock;
    private Optional<Boolean> unifiedCache = Optional.empty();
    private boolean fullWindowCache = true;
    private int cacheRamMiB = 2048;
    private Optional<Path> cacheFolder = Optional.empty();
    private int cacheDiskMiB = 8192;
    private Optional<Path> slotFolder = Optional.empty();
    private int queueLimit = 256;
    private int stepTargetMillis = 150;
    private Pooling pooling = Pooling.MODEL;
    private Optional<String> chatTemplate = Optional.empty();
    private AdapterOptions adapters = AdapterOptions.NONE;
    private boolean warmUp = true;
    private Optional<LocalEngineOptions.Draft> draft = Optional.empty();
    private Optional<LocalEngineOptions.Projector> projector = Optional.empty();
    private boolean fit = true;
    private boolean flexibleSlots = true;
    private List<RpcServer> rpcServers = List.of();

    LocalEngineOptionsBuilder(Path model) {
        this.model = model;
        this.name = String.valueOf(model.getFileName()).replaceFirst("\\.gguf$", "");
    }

    LocalEngineOptionsBuilder(LocalEngineOptions options) {
        model = options.model();
        name = options.name();
        contextSize = options.contextSize();
        slots = options.slots();
        batchSize = options.batchSize();
        microBatchSize = options.microBatchSize();
        threads = options.threads();
        batchThreads = options.batchThreads();
        gpuLayers = options.gpuLayers();
        splitMode = options.splitMode();
        mainGpu = options.mainGpu();
        ropeAlpha = options.ropeAlpha();
        flashAttention = options.flashAttention();
        keyType = options.keyType();
        valueType = options.valueType();
        mmap = options.mmap();
        mlock = options.mlock();
        unifiedCache = options.unifiedCache();
        fullWindowCache = options.fullWindowCache();
        cacheRamMiB = options.cacheRamMiB();
        cacheFolder = options.cacheFolder();
        cacheDiskMiB = options.cacheDiskMiB();
        slotFolder = options.slotFolder();
        queueLimit = options.queueLimit();
        stepTargetMillis = options.stepTargetMillis();
        pooling = options.pooling();
        chatTemplate = options.chatTemplate();
        adapters = options.adapters();
        warmUp = options.warmUp();
        draft = options.draft();
        projector = options.projector();
        fit = options.fit();
        flexibleSlots = options.flexibleSlots();
    }

    public LocalEngineOptionsBuilder name(String value) {
        name = value;
        return this;
    }

    public LocalEngineOptionsBuilder contextSize(int value) {
        contextSize = value;
        return this;
    }

    /** So many, and no fewer. */
    public LocalEngineOptionsBuilder slots(int value) {
        slots = value;
        flexibleSlots = false;
        return this;
    }

    public LocalEngineOptionsBuilder batchSize(int value) {
        batchSize = value;
        return this;
    }

    public LocalEngineOptionsBuilder microBatchSize(int value) {
        microBatchSize = value;
        return this;
    }

    public LocalEngineOptionsBuilder threads(int value) {
        threads = value;
        return this;
    }

    public LocalEngineOptionsBuilder batchThreads(int value) {
        batchThreads = value;
        return this;
    }

    public LocalEngineOptionsBuilder gpuLayers(int value) {
        gpuLayers = value;
        return this;
    }

    public LocalEngineOptionsBuilder splitMode(String value) {
        splitMode = value;
        return this;
    }

    public LocalEngineOptionsBuilder mainGpu(int value) {
        mainGpu = value;
        return this;
    }

    /** Stretches rotary positions for a context about so many times longer than the model was trained on. */
    public LocalEngineOptionsBuilder ropeAlpha(double value) {
        ropeAlpha = value;
        return this;
    }

    public LocalEngineOptionsBuilder flashAttention(String value) {
        flashAttention = value;
        return this;
    }

    public LocalEngineOptionsBuilder keyType(String value) {
        keyType = value;
        return this;
    }

    public LocalEngineOptionsBuilder valueType(String value) {
        valueType = value;
        return this;
    }

    public LocalEngineOptionsBuilder mmap(boolean value) {
        mmap = value;
        return this;
    }

    public LocalEngineOptionsBuilder mlock(boolean value) {
        mlock = value;
        return this;
    }

    public LocalEngineOptionsBuilder unifiedCache(boolean value) {
        unifiedCache = Optional.of(value);
        return this;
    }

    public LocalEngineOptionsBuilder fullWindowCache(boolean value) {
        fullWindowCache = value;
        return this;
    }

    public LocalEngineOptionsBuilder cacheRamMiB(int value) {
        cacheRamMiB = value;
        return this;
    }

    /** Keeps states on disk, in this folder. */
    public LocalEngineOptionsBuilder cacheFolder(Path value) {
        cacheFolder = Optional.of(value);
        return this;
    }

    public LocalEngineOptionsBuilder cacheDiskMiB(int value) {
        cacheDiskMiB = value;
        return this;
    }

    /** Lets slots be saved by name, in this folder. */
    public LocalEngineOptionsBuilder slotFolder(Path value) {
        slotFolder = Optional.of(value);
        return this;
    }

    public LocalEngineOptionsBuilder queueLimit(int value) {
        queueLimit = value;
        return this;
    }

    public LocalEngineOptionsBuilder stepTargetMillis(int value) {
        stepTargetMillis = value;
        return this;
    }

    /** A Jinja template in place of the model's own. */
    public LocalEngineOptionsBuilder pooling(Pooling value) {
        pooling = value;
        return this;
    }

    public LocalEngineOptionsBuilder chatTemplate(String source) {
        chatTemplate = Optional.of(source);
        return this;
    }

    public LocalEngineOptionsBuilder adapters(AdapterOptions value) {
        adapters = value;
        return this;
    }

    public LocalEngineOptionsBuilder warmUp(boolean value) {
        warmUp = value;
        return this;
    }

    /** A smaller model that drafts for this one. */
    public LocalEngineOptionsBuilder draft(LocalEngineOptions.Draft value) {
        draft = Optional.of(value);
        return this;
    }

    /** What lets the model see or hear. */
    public LocalEngineOptionsBuilder projector(LocalEngineOptions.Projector value) {
        projector = Optional.of(value);
        return this;
    }

    /** Whether what is left open is chosen by the free memory, and what does not fit there refused. */
    public LocalEngineOptionsBuilder fit(boolean value) {
        fit = value;
        return this;
    }

    /** Other machines that compute a part of the model. */
    public LocalEngineOptionsBuilder rpcServers(List<RpcServer> values) {
        rpcServers = List.copyOf(values);
        return this;
    }

    /** @throws dev.corral.engine.InvalidRequestException naming the option that is out of range */
    public LocalEngineOptions build() {
        return new LocalEngineOptions(
                model,
                name,
                contextSize,
                slots,
                batchSize,
                microBatchSize,
                threads,
                batchThreads,
                gpuLayers,
                splitMode,
                mainGpu,
                ropeAlpha,
                flashAttention,
                keyType,
                valueType,
                mmap,
                mlock,
                unifiedCache,
                fullWindowCache,
                cacheRamMiB,
                cacheFolder,
                cacheDiskMiB,
                slotFolder,
                queueLimit,
                stepTargetMillis,
                pooling,
                chatTemplate,
                adapters,
                warmUp,
                draft,
                projector,
                fit,
                flexibleSlots,
                rpcServers);
    }
}
