package dev.corral.server.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_batch;
import dev.corral.ffi.llama_context_params;
import dev.corral.llama.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** llama.cpp's own functions on a model, without libcorral's checks in front of them. What it allocates stays. */
final class RawNative {

    private static final int ERROR_BYTES = Integer.BYTES + Native.CORRAL_MESSAGE_SIZE();
    private static final int LARGEST_BATCH = 256;

    /** More than registers hold, so that it is returned where the caller says, as any object of C++ is. */
    private static final MemoryLayout AN_OBJECT = bytes(64);

    private static final MemoryLayout TWO_POINTERS = MemoryLayout.structLayout(ADDRESS, ADDRESS);
    private static final MemoryLayout MEDIA_OPTIONS = MemoryLayout.structLayout(
            ValueLayout.JAVA_FLOAT, MemoryLayout.paddingLayout(Integer.BYTES), ADDRESS, JAVA_LONG);

    private final Arena arena = Arena.global();
    private final Path file;
    private final MemorySegment model;

    RawNative(Path file) {
        NativeLibrary.load();
        this.file = file;
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

    /** Calls one of C++ that returns an object, which then lies at the address that this returns. */
    MemorySegment object(String mangled, Object... arguments) throws Throwable {
        List<Object> withRoom = new ArrayList<>(List.of((SegmentAllocator) arena));
        withRoom.addAll(Arrays.asList(arguments));
        return (MemorySegment) call(mangled, FunctionDescriptor.of(AN_OBJECT, layouts(arguments)), withRoom.toArray());
    }

    /** A {@code std::string} of GNU's library. */
    private MemorySegment string(String text) {
        MemorySegment utf8 = text(text);
        MemorySegment string = arena.allocate(AN_OBJECT);
        string.set(ADDRESS, 0, utf8);
        string.set(JAVA_LONG, Long.BYTES, utf8.byteSize() - 1);
        string.set(JAVA_LONG, 2 * Long.BYTES, utf8.byteSize() - 1);
        return string;
    }

    /** JSON as llama.cpp's chat templates and schemas take it. */
    MemorySegment json(String text) throws Throwable {
        return object("_ZN11common_json5parseERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", string(text));
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

    private static MemoryLayout bytes(long count) {
        return MemoryLayout.structLayout(MemoryLayout.sequenceLayout(count / Long.BYTES, JAVA_LONG));
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer _ -> JAVA_INT;
            case Long _ -> JAVA_LONG;
            case Boolean _ -> JAVA_BOOLEAN;
            case MemorySegment segment when segment.byteSize() == llama_batch.sizeof() -> llama_batch.layout();
            default -> ADDRESS;
        };
    }

    MemorySegment text(String text) {
        return arena.allocateFrom(text);
    }

    MemorySegment pointers(String... texts) {
        MemorySegment array = arena.allocate(ADDRESS, texts.length);
        for (int i = 0; i < texts.length; i++) {
            array.setAtIndex(ADDRESS, i, text(texts[i]));
        }
        return array;
    }

    /** A file beside the model. */
    Path beside(String name) {
        return file.resolveSibling(name);
    }

    MemorySegment room(long bytes) {
        return arena.allocate(bytes, Long.BYTES);
    }

    MemorySegment vocabulary() {
        return Native.llama_model_get_vocab(model);
    }

    int[] tokenize(String text) throws Throwable {
        MemorySegment tokens = arena.allocate(JAVA_INT, text.length() + 2L);
        MemorySegment utf8 = text(text);
        int count = (int) callFor(
                JAVA_INT,
                "llama_tokenize",
                vocabulary(),
                utf8,
                (int) utf8.byteSize() - 1,
                tokens,
                text.length() + 2,
                false,
                false);
        return tokens.asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
    }

    MemorySegment grammar(String gbnf) throws Throwable {
        return (MemorySegment) callFor(ADDRESS, "llama_sampler_init_grammar", vocabulary(), text(gbnf), text("root"));
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

    /** The projector beside the model, or NULL. */
    MemorySegment projector() {
        Path projector = beside("tiny-llava-projector.gguf");
        if (!Files.exists(projector)) {
            return MemorySegment.NULL;
        }
        MemorySegment opened = arena.allocate(ADDRESS);
        Native.corral_projector_open(
                model,
                text(projector.toString()),
                false,
                1,
                -1,
                -1,
                opened,
                arena.allocate(ERROR_BYTES, Integer.BYTES));
        return opened.get(ADDRESS, 0);
    }

    /** The pixels of an image, as mtmd decodes it, or NULL. */
    MemorySegment pixels(MemorySegment projector, byte[] image) throws Throwable {
        MemorySegment bytes = arena.allocate(Math.max(1, image.length));
        MemorySegment.copy(image, 0, bytes, ValueLayout.JAVA_BYTE, 0, image.length);
        MemorySegment options = (MemorySegment)
                call("mtmd_helper_init_opt_default", FunctionDescriptor.of(MEDIA_OPTIONS), (SegmentAllocator) arena);
        MemorySegment read = (MemorySegment) call(
                "mtmd_helper_bitmap_init_from_buf",
                FunctionDescriptor.of(TWO_POINTERS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_BOOLEAN, MEDIA_OPTIONS),
                (SegmentAllocator) arena,
                projector,
                bytes,
                (long) image.length,
                false,
                options);
        return read.get(ADDRESS, 0);
    }

    /** All of these tokens at once. */
    MemorySegment batch(int... tokens) {
        MemorySegment batch = arena.allocate(llama_batch.layout());
        llama_batch.n_tokens(batch, tokens.length);
        llama_batch.token(batch, arena.allocateFrom(JAVA_INT, tokens));
        return batch;
    }
}
