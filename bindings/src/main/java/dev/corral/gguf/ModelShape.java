package dev.corral.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a model's files say of the memory it needs: the sizes of its layers. Where they leave something open, it is what takes more.
 *
 * @param layers blocks of the model
 * @param weightBytes of all tensors
 * @param layerBytes of each layer's tensors, the first layer's first; what belongs to no layer is in none of them
 * @param keyWidth numbers that a token's keys have in each layer; 0 where a layer keeps no tokens
 * @param valueWidth numbers that its values have in each layer
 * @param window the layers that keep only the last tokens
 * @param stateBytes that each sequence takes besides, in layers that keep a state in place of tokens
 * @param heads of attention
 * @param width of a token's vector
 * @param feedForward width of the widest layer in between
 * @param vocabulary tokens that there are
 * @param trainedContext tokens that the model was trained for
 * @param causal whether it generates
 */
public record ModelShape(
        int layers,
        long weightBytes,
        List<Long> layerBytes,
        List<Long> keyWidth,
        List<Long> valueWidth,
        SlidingWindow window,
        long stateBytes,
        int heads,
        long width,
        long feedForward,
        long vocabulary,
        long trainedContext,
        boolean causal) {

    public ModelShape {
        layerBytes = List.copyOf(layerBytes);
        keyWidth = List.copyOf(keyWidth);
        valueWidth = List.copyOf(valueWidth);
    }

    /** @param files of one model, the first first, that were checked by {@link GgufCheck#model} */
    public static ModelShape of(List<Gguf> files) {
        return new Reading(files).shape();
    }

    /** The same with another window. */
    public ModelShape with(SlidingWindow other) {
        return new ModelShape(
                layers,
                weightBytes,
                layerBytes,
                keyWidth,
                valueWidth,
                other,
                stateBytes,
                heads,
                width,
                feedForward,
                vocabulary,
                trainedContext,
                causal);
    }

    /**
     * Bytes of the KV cache.
     *
     * @param cells in layers that see everything
     * @param windowed cells in those of the sliding window
     */
    public long cacheBytes(long cells, long windowed, TensorType keys, TensorType values) {
        long bytes = 0;
        for (int layer = 0; layer < layers; layer++) {
            bytes += cacheBytes(layer, cells, windowed, keys, values);
        }
        return bytes;
    }

    /** The same of one layer. */
    public long cacheBytes(int layer, long cells, long windowed, TensorType keys, TensorType values) {
        long tokens = window.covers(layer) ? windowed : cells;
        return tokens * (bytes(keys, keyWidth.get(layer)) + bytes(values, valueWidth.get(layer)));
    }

    private static long bytes(TensorType type, long numbers) {
        return Math.ceilDiv(numbers, type.blockSize()) * type.blockBytes();
    }

    /** Reads the metadata of one architecture. */
    private static final class Reading {

        private static final String LAYER = "blk.";

        private final List<Gguf> files;
        private final Metadata metadata;
        private final String architecture;

        private Reading(List<Gguf> files) {
            this.files = files;
            this.metadata = files.getFirst().metadata();
            this.architecture = files.getFirst().architecture().orElse("");
        }

        private ModelShape shape() {
            int layers = (int) whole("block_count").orElse(0);
            long width = whole("embedding_length").orElse(0);
            int heads = (int) Math.max(1, most("attention.head_count").orElse(1));
            SlidingWindow window = SlidingWindow.of(metadata, architecture, layers);
            List<Long> keys = new ArrayList<>();
            List<Long> values = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                long keyValueHeads = keepsTokens(layer, layers) ? keyValueHeads(layer, heads) : 0;
                String suffix = window.covers(layer) ? "_swa" : "";
                keys.add(keyValueHeads * size("attention.key_length", suffix, width / heads));
                values.add(isCompressed() ? 0 : keyValueHeads * size("attention.value_length", suffix, width / heads));
            }
            long stateful = keys.stream().filter(size -> size == 0).count();
            return new ModelShape(
                    layers,
                    files.stream()
                            .flatMap(file -> file.tensors().stream())
                            .mapToLong(TensorInfo::size)
                            .sum(),
                    layerBytes(layers),
                    keys,
                    values,
                    window,
                    isRecurrent() ? stateful * layerState(width) : 0,
                    heads,
                    width,
                    most("feed_forward_length").orElse(4 * width),
                    vocabulary(),
                    whole("context_length").orElse(0),
                    metadata.get(key("attention.causal")) instanceof Value.Truth(boolean causal) ? causal : true);
        }

        /** What is said of layers in a sliding window, else of all. */
        private long size(String name, String suffix, long natural) {
            return whole(name + suffix).orElseGet(() -> whole(name).orElse(natural));
        }

        /** Layers behind these use the tokens that others keep. */
        private boolean keepsTokens(int layer, int layers) {
            long sharing = whole("attention.shared_kv_layers").orElse(0);
            return layer < layers - sharing && (!isRecurrent() || isHybrid());
        }

        /** Values are made from what is kept as keys. */
        private boolean isCompressed() {
            return whole("attention.key_length_mla").orElse(0) > 0
                    && whole("attention.value_length_mla").orElse(0) > 0;
        }

        private boolean isRecurrent() {
            return whole("ssm.state_size").isPresent()
                    || whole("wkv.head_size").isPresent()
                    || whole("shortconv.l_cache").isPresent();
        }

        /** Some layers attend, and each layer says so. */
        private boolean isHybrid() {
            return metadata.array(key("attention.head_count_kv")).isPresent();
        }

        private long keyValueHeads(int layer, int heads) {
            Optional<Value.Array> each = metadata.array(key("attention.head_count_kv"));
            if (each.isPresent()) {
                return layer < each.get().length() ? each.get().whole(layer) : 0;
            }
            return whole("attention.head_count_kv").orElse(heads);
        }

        /** One layer's state of one sequence: the last inputs, and what became of all before them. */
        private long layerState(long width) {
            OptionalLong headSize = whole("wkv.head_size");
            if (headSize.isPresent()) {
                return Float.BYTES * width * (whole("token_shift_count").orElse(2) + headSize.getAsLong());
            }
            OptionalLong inputs = whole("shortconv.l_cache");
            if (inputs.isPresent()) {
                return Float.BYTES * width * (inputs.getAsLong() - 1);
            }
            long inner = whole("ssm.inner_size").orElse(0);
            long state = whole("ssm.state_size").orElse(0);
            long groups = whole("ssm.group_count").orElse(0);
            long kernel = whole("ssm.conv_kernel").orElse(1);
            return Float.BYTES * ((kernel - 1) * (inner + 2 * groups * state) + state * inner);
        }

        private List<Long> layerBytes(int layers) {
            long[] bytes = new long[layers];
            for (Gguf file : files) {
                for (TensorInfo tensor : file.tensors()) {
                    layerOf(tensor.name())
                            .filter(layer -> layer < layers)
                            .ifPresent(layer -> bytes[layer] += tensor.size());
                }
            }
            List<Long> all = new ArrayList<>();
            for (long layer : bytes) {
                all.add(layer);
            }
            return all;
        }

        private static Optional<Integer> layerOf(String tensor) {
            int end = tensor.indexOf('.', LAYER.length());
            if (!tensor.startsWith(LAYER) || end < 0) {
                return Optional.empty();
            }
            String number = tensor.substring(LAYER.length(), end);
            return number.matches("\\d{1,6}") ? Optional.of(Integer.parseInt(number)) : Optional.empty();
        }

        private long vocabulary() {
            return metadata.array("tokenizer.ggml.tokens")
                    .map(tokens -> (long) tokens.length())
                    .orElseGet(() -> whole("vocab_size").orElse(0));
        }

        private OptionalLong whole(String name) {
            return metadata.whole(key(name));
        }

        /** The largest of an array, or the one number. */
        private OptionalLong most(String name) {
            Optional<Value.Array> array = metadata.array(key(name));
            if (array.isEmpty()) {
                return whole(name);
            }
            OptionalLong most = OptionalLong.empty();
            for (int i = 0; i < array.get().length(); i++) {
                most = OptionalLong.of(Math.max(most.orElse(0), array.get().whole(i)));
            }
            return most;
        }

        private String key(String name) {
            return architecture + "." + name;
        }
    }
}
