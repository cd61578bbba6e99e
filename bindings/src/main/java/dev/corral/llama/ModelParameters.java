package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_model_kv_override;
import dev.corral.ffi.llama_model_params;
import dev.corral.ffi.llama_progress_callback;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/** {@link ModelOptions} as a {@code llama_model_params}, and the progress callback in it. */
final class ModelParameters {

    private final MemorySegment segment;
    private final DoublePredicate progress;
    private boolean cancelled;
    private @Nullable Throwable failure;

    /**
     * @param lasting for what llama.cpp reads as long as the model lives
     * @param loading for what it reads while it loads
     */
    ModelParameters(ModelOptions options, DoublePredicate progress, Arena lasting, Arena loading) {
        this.progress = progress;
        segment = Native.llama_model_default_params(loading);
        llama_model_params.n_gpu_layers(segment, options.gpuLayers());
        llama_model_params.split_mode(segment, options.splitMode().value());
        llama_model_params.main_gpu(segment, options.mainGpu());
        llama_model_params.load_mode(segment, options.loadMode().value());
        llama_model_params.check_tensors(segment, options.checkTensors());
        llama_model_params.vocab_only(segment, options.vocabularyOnly());
        if (!options.tensorSplit().isEmpty()) {
            llama_model_params.tensor_split(segment, shares(options.tensorSplit(), lasting));
        }
        if (!options.overrides().isEmpty()) {
            llama_model_params.kv_overrides(segment, overrides(options.overrides(), lasting));
        }
        llama_model_params.progress_callback(segment, llama_progress_callback.allocate(this::progress, loading));
    }

    MemorySegment segment() {
        return segment;
    }

    boolean cancelled() {
        return cancelled;
    }

    /** What the progress callback threw. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /** The upcall: false ends loading. An exception that left it would end the JVM. */
    private boolean progress(float fraction, MemorySegment userData) {
        try {
            cancelled = !progress.test(fraction);
        } catch (Throwable e) {
            failure = e;
            cancelled = true;
        }
        return !cancelled;
    }

    /** One share for each device there can be. */
    private static MemorySegment shares(List<Float> given, Arena arena) {
        long devices = Native.llama_max_devices();
        Bounds.check("the number of tensorSplit's shares", given.size(), 1, Math.toIntExact(devices));
        MemorySegment shares = arena.allocate(ValueLayout.JAVA_FLOAT, devices);
        for (int i = 0; i < given.size(); i++) {
            shares.setAtIndex(ValueLayout.JAVA_FLOAT, i, given.get(i));
        }
        return shares;
    }

    /** Ended by one with an empty key, as the zeroed last entry has. */
    private static MemorySegment overrides(Map<String, MetadataValue> given, Arena arena) {
        MemorySegment entries = llama_model_kv_override.allocateArray(given.size() + 1L, arena);
        int next = 0;
        for (Map.Entry<String, MetadataValue> override : given.entrySet()) {
            MemorySegment entry = llama_model_kv_override.asSlice(entries, next++);
            llama_model_kv_override.key(entry).setString(0, override.getKey());
            switch (override.getValue()) {
                case MetadataValue.Whole whole -> {
                    llama_model_kv_override.tag(entry, Native.LLAMA_KV_OVERRIDE_TYPE_INT());
                    llama_model_kv_override.val_i64(entry, whole.value());
                }
                case MetadataValue.Real real -> {
                    llama_model_kv_override.tag(entry, Native.LLAMA_KV_OVERRIDE_TYPE_FLOAT());
                    llama_model_kv_override.val_f64(entry, real.value());
                }
                case MetadataValue.Flag flag -> {
                    llama_model_kv_override.tag(entry, Native.LLAMA_KV_OVERRIDE_TYPE_BOOL());
                    llama_model_kv_override.val_bool(entry, flag.value());
                }
                case MetadataValue.Text text -> {
                    llama_model_kv_override.tag(entry, Native.LLAMA_KV_OVERRIDE_TYPE_STR());
                    llama_model_kv_override.val_str(entry).setString(0, text.value());
                }
            }
        }
        return entries;
    }
}
