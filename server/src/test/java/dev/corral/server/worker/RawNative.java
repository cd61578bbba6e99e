package dev.corral.server.worker;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_batch;
import dev.corral.ffi.llama_context_params;
import dev.corral.llama.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;

/** llama.cpp's own functions on a model, without libcorral's checks in front of them. What it allocates stays. */
final class RawNative {

    private static final int LARGEST_BATCH = 256;

    private final Arena arena = Arena.global();
    private final MemorySegment model;

    RawNative(Path file) {
        NativeLibrary.load();
        model = Native.llama_model_load_from_file(
                arena.allocateFrom(file.toString()), Native.llama_model_default_params(arena));
        if (model.address() == 0) {
            throw new IllegalStateException("no model: " + file);
        }
    }

    /** Calls a function of any library that is loaded, or of C's, that returns nothing. */
    void call(String name, Object... arguments) throws Throwable {
        call(name, FunctionDescriptor.ofVoid(layouts(arguments)), arguments);
    }

    /** Calls one that returns something. */
    Object callFor(MemoryLayout result, String name, Object... arguments) throws Throwable {
        return call(name, FunctionDescriptor.of(result, layouts(arguments)), arguments);
    }

    private static Object call(String name, FunctionDescriptor type, Object... arguments) throws Throwable {
        MemorySegment function = SymbolLookup.loaderLookup()
                .or(Linker.nativeLinker().defaultLookup())
                .findOrThrow(name);
        return Linker.nativeLinker().downcallHandle(function, type).invokeWithArguments(arguments);
    }

    private static MemoryLayout[] layouts(Object... arguments) {
        return Arrays.stream(arguments).map(RawNative::layout).toArray(MemoryLayout[]::new);
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer _ -> ValueLayout.JAVA_INT;
            case Long _ -> ValueLayout.JAVA_LONG;
            case Boolean _ -> ValueLayout.JAVA_BOOLEAN;
            case MemorySegment segment when segment.byteSize() == llama_batch.sizeof() -> llama_batch.layout();
            default -> ValueLayout.ADDRESS;
        };
    }

    MemorySegment text(String text) {
        return arena.allocateFrom(text);
    }

    MemorySegment pointers(String... texts) {
        MemorySegment array = arena.allocate(ValueLayout.ADDRESS, texts.length);
        for (int i = 0; i < texts.length; i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, text(texts[i]));
        }
        return array;
    }

    MemorySegment vocabulary() {
        return Native.llama_model_get_vocab(model);
    }

    int[] tokenize(String text) throws Throwable {
        MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, text.length() + 2L);
        MemorySegment utf8 = text(text);
        int count = (int) callFor(
                ValueLayout.JAVA_INT,
                "llama_tokenize",
                vocabulary(),
                utf8,
                (int) utf8.byteSize() - 1,
                tokens,
                text.length() + 2,
                false,
                false);
        return tokens.asSlice(0, (long) count * Integer.BYTES).toArray(ValueLayout.JAVA_INT);
    }

    MemorySegment grammar(String gbnf) throws Throwable {
        return (MemorySegment)
                callFor(ValueLayout.ADDRESS, "llama_sampler_init_grammar", vocabulary(), text(gbnf), text("root"));
    }

    /** Room for 4 sequences, each with cells of its own. */
    MemorySegment context() {
        MemorySegment params = Native.llama_context_default_params(arena);
        llama_context_params.n_ctx(params, 4096);
        llama_context_params.n_batch(params, LARGEST_BATCH);
        llama_context_params.n_ubatch(params, LARGEST_BATCH);
        llama_context_params.n_seq_max(params, 4);
        llama_context_params.n_threads(params, 1);
        llama_context_params.n_threads_batch(params, 1);
        return Native.llama_init_from_model(model, params);
    }

    /** All of these tokens at once. */
    MemorySegment batch(int... tokens) {
        MemorySegment batch = arena.allocate(llama_batch.layout());
        llama_batch.n_tokens(batch, tokens.length);
        llama_batch.token(batch, arena.allocateFrom(ValueLayout.JAVA_INT, tokens));
        return batch;
    }
}
