package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A LoRA adapter of a model, applied by {@link Context#setAdapters}. It must stay open while a context applies it, and is
 * closed by the thread of those contexts.
 */
public final class Adapter extends NativeHandle {

    private final Model model;

    private Adapter(Model model, MemorySegment pointer) {
        super("adapter", pointer, model.children());
        this.model = model;
    }

    static Adapter load(Model model, Path file) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new LlamaException(Code.INVALID_ARGUMENT, "no adapter file that can be read at " + file);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Utf8.terminated(arena, file.toString(), "the adapter's path");
            return new Adapter(
                    model,
                    Model.orThrow(
                            "can't load the adapter " + file,
                            () -> Native.llama_adapter_lora_init(model.pointer(), path)));
        }
    }

    Model model() {
        return model;
    }

    /** The file's key-value pairs as text, but for arrays. */
    public Map<String, String> metadata() {
        return Metadata.read(
                Native.llama_adapter_meta_count(pointer()),
                (i, buffer, capacity) -> Native.llama_adapter_meta_key_by_index(pointer(), i, buffer, capacity),
                (i, buffer, capacity) -> Native.llama_adapter_meta_val_str_by_index(pointer(), i, buffer, capacity));
    }

    /** Tokens that call an activated LoRA; empty for a plain one. */
    public int[] invocationTokens() {
        long count = Native.llama_adapter_get_alora_n_invocation_tokens(pointer());
        return count == 0
                ? new int[0]
                : Native.llama_adapter_get_alora_invocation_tokens(pointer())
                        .reinterpret(count * Integer.BYTES)
                        .toArray(ValueLayout.JAVA_INT);
    }

    @Override
    void free(MemorySegment pointer) {
        Native.llama_adapter_lora_free(pointer);
    }
}
