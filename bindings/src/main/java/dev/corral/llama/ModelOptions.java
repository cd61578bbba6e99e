package dev.corral.llama;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a model is loaded. Defaults are llama.cpp's.
 *
 * @param gpuLayers layers to put on GPUs; -1 means all
 * @param mainGpu index of the GPU that {@link SplitMode#NONE} uses; -1 means none
 * @param tensorSplit share of each GPU, 0 or more, in any unit; empty means by free memory
 * @param checkTensors read all weights once to look for invalid values
 * @param vocabularyOnly load no weights: such a model tokenizes, and can't have a context
 * @param overrides metadata to replace, by key
 */
public record ModelOptions(
        int gpuLayers,
        SplitMode splitMode,
        int mainGpu,
        List<Float> tensorSplit,
        LoadMode loadMode,
        boolean checkTensors,
        boolean vocabularyOnly,
        Map<String, MetadataValue> overrides) {

    public static final ModelOptions DEFAULT = builder().build();

    private static final int MAX_GPUS = 1024;
    private static final int MAX_LAYERS = 1 << 20;
    private static final int MAX_KEY_BYTES = 127;

    public ModelOptions {
        Bounds.check("gpuLayers", gpuLayers, -1, MAX_LAYERS);
        Bounds.check("mainGpu", mainGpu, -1, MAX_GPUS);
        tensorSplit = List.copyOf(tensorSplit);
        for (float share : tensorSplit) {
            Bounds.check("tensorSplit", share, 0, Float.MAX_VALUE);
        }
        overrides = Map.copyOf(overrides);
        for (String key : overrides.keySet()) {
            int bytes = key.getBytes(StandardCharsets.UTF_8).length;
            if (bytes == 0 || bytes > MAX_KEY_BYTES || key.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "a metadata key has 1 to " + MAX_KEY_BYTES + " bytes and no NUL: '" + key + "'");
            }
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    public static final class Builder {
        private int gpuLayers = -1;
        private SplitMode splitMode = SplitMode.LAYER;
        private int mainGpu;
        private List<Float> tensorSplit = List.of();
        private LoadMode loadMode = LoadMode.AUTO;
        private boolean checkTensors;
        private boolean vocabularyOnly;
        private final Map<String, MetadataValue> overrides = new TreeMap<>();

        private Builder() {}

        public Builder gpuLayers(int layers) {
            gpuLayers = layers;
            return this;
        }

        public Builder splitMode(SplitMode mode) {
            splitMode = mode;
            return this;
        }

        public Builder mainGpu(int index) {
            mainGpu = index;
            return this;
        }

        public Builder tensorSplit(List<Float> shares) {
            tensorSplit = shares;
            return this;
        }

        public Builder loadMode(LoadMode mode) {
            loadMode = mode;
            return this;
        }

        /** Changes the load mode to one that maps the weights, or to one that doesn't. */
        public Builder mmap(boolean mmap) {
            loadMode = loadMode.withMmap(mmap);
            return this;
        }

        /** Changes the load mode to one that locks the weights into memory, or to one that doesn't. */
        public Builder mlock(boolean mlock) {
            loadMode = loadMode.withMlock(mlock);
            return this;
        }

        public Builder checkTensors(boolean check) {
            checkTensors = check;
            return this;
        }

        public Builder vocabularyOnly(boolean only) {
            vocabularyOnly = only;
            return this;
        }

        public Builder override(String key, MetadataValue value) {
            overrides.put(key, value);
            return this;
        }

        public ModelOptions build() {
            return new ModelOptions(
                    gpuLayers, splitMode, mainGpu, tensorSplit, loadMode, checkTensors, vocabularyOnly, overrides);
        }
    }
}
