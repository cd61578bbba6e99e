package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lets a model see or hear: it makes embeddings of images and sounds, which take the place of tokens.
 *
 * <p>{@link #read} and {@link #tokenize} are for several threads at once; {@link #encode} and {@link #decode} belong to
 * the thread of the context. It is closed when none of them runs, with its model at the latest.
 */
public final class Projector extends NativeHandle {

    private final Model model;
    private @Nullable MediaChunks encodedOf;
    private int encoded;

    private Projector(Model model, MemorySegment pointer) {
        super("projector", pointer, model.children());
        this.model = model;
    }

    static Projector open(Model model, Path file, ProjectorOptions options) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new LlamaException(Code.INVALID_ARGUMENT, "no projector file that can be read at " + file);
        }
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment projector = arena.allocate(ValueLayout.ADDRESS);
            check(
                    error,
                    () -> Native.corral_projector_open(
                            model.pointer(),
                            Utf8.terminated(arena, file.toString(), "the projector's path"),
                            options.gpu(),
                            options.threads(),
                            options.minTokens() > 0 ? options.minTokens() : -1,
                            options.maxTokens() > 0 ? options.maxTokens() : -1,
                            projector,
                            error.segment()));
            return new Projector(model, projector.get(ValueLayout.ADDRESS, 0));
        }
    }

    private interface Call {
        int run();
    }

    /** Runs a call, and adds to what it fails with what was logged meanwhile. */
    private static void check(NativeError error, Call call) {
        NativeLog.collectComplaints();
        int code = call.run();
        String complaints = NativeLog.complaints();
        if (code != Native.CORRAL_OK()) {
            throw error.exception(code, complaints);
        }
    }

    /** Whether it takes images. */
    public boolean sees() {
        return Native.mtmd_support_vision(pointer());
    }

    /** Whether it takes sound. */
    public boolean hears() {
        return Native.mtmd_support_audio(pointer());
    }

    /** Whether the tokens of an image see each other whatever their order, so that it must be computed at once. */
    public boolean attendsAhead() {
        return Native.mtmd_decode_use_non_causal(pointer(), MemorySegment.NULL);
    }

    /** The same for one chunk of a prompt. */
    public boolean attendsAhead(MediaChunks chunks, int index) {
        return Native.mtmd_decode_use_non_causal(pointer(), chunks.chunk(index));
    }

    /**
     * Reads an image (PNG, JPEG, GIF, BMP) or sound (WAV, MP3, FLAC). How much memory the file asks for is for the caller
     * to judge before.
     *
     * @throws LlamaException INVALID_ARGUMENT when it can't be read, OUT_OF_MEMORY
     */
    public Media read(byte[] file) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, file);
            MemorySegment media = arena.allocate(ValueLayout.ADDRESS);
            check(error, () -> Native.corral_media_read(pointer(), bytes, bytes.byteSize(), media, error.segment()));
            return new Media(media.get(ValueLayout.ADDRESS, 0));
        }
    }

    /** A part of a prompt. */
    public sealed interface Part {

        /**
         * @param parseSpecial read control tokens in the text as tokens, not as text
         */
        record Text(String text, boolean parseSpecial) implements Part {}

        record Shown(Media media) implements Part {}
    }

    /**
     * Chunks of a prompt. Images and sounds are prepared for the encoder here, so this takes time.
     *
     * @param addSpecial add the tokens that the model wants at the beginning and the end
     * @throws LlamaException INVALID_ARGUMENT when the projector can't take one of the parts
     */
    public MediaChunks tokenize(List<Part> parts, boolean addSpecial) {
        try (Arena arena = Arena.ofConfined()) {
            int count = parts.size();
            NativeError error = new NativeError(arena);
            MemorySegment texts = arena.allocate(ValueLayout.ADDRESS, Math.max(1, count));
            MemorySegment lengths = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, count));
            MemorySegment special = arena.allocate(ValueLayout.JAVA_BYTE, Math.max(1, count));
            MemorySegment media = arena.allocate(ValueLayout.ADDRESS, Math.max(1, count));
            for (int i = 0; i < count; i++) {
                switch (parts.get(i)) {
                    case Part.Text(String text, boolean parseSpecial) -> {
                        byte[] utf8 = Utf8.bytes(text);
                        texts.setAtIndex(ValueLayout.ADDRESS, i, Utf8.bytes(arena, utf8));
                        lengths.setAtIndex(ValueLayout.JAVA_LONG, i, utf8.length);
                        special.setAtIndex(ValueLayout.JAVA_BYTE, i, (byte) (parseSpecial ? 1 : 0));
                    }
                    case Part.Shown(Media shown) -> media.setAtIndex(ValueLayout.ADDRESS, i, shown.pointer());
                }
            }
            MemorySegment chunks = arena.allocate(ValueLayout.ADDRESS);
            check(
                    error,
                    () -> Native.corral_media_tokenize(
                            pointer(), texts, lengths, special, media, count, addSpecial, chunks, error.segment()));
            return new MediaChunks(chunks.get(ValueLayout.ADDRESS, 0));
        }
    }

    /**
     * Computes the embeddings of a chunk that is not text, and keeps them until the next call.
     *
     * @throws LlamaException when it fails
     */
    public void encode(MediaChunks chunks, int index) {
        encodedOf = null;
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            check(error, () -> Native.corral_media_encode(pointer(), chunks.chunk(index), error.segment()));
        }
        encodedOf = chunks;
        encoded = index;
    }

    /**
     * Adds the chunk that was encoded last to a sequence.
     *
     * @param position of its beginning
     * @return where not DECODED, a part of it may be in the sequence all the same
     * @throws IllegalStateException when another chunk, or none, was encoded last
     * @throws IllegalArgumentException when it must be computed at once and is larger than {@link Context#microBatchSize}
     */
    public DecodeResult decode(Context context, MediaChunks chunks, int index, int position, int sequence) {
        if (encodedOf != chunks || encoded != index) {
            throw new IllegalStateException("chunk " + index + " is not what was encoded last");
        }
        if (context.model() != model) {
            throw new IllegalArgumentException("a context of another model");
        }
        Bounds.check("position", position, 0, Integer.MAX_VALUE);
        Bounds.check("sequence", sequence, 0, context.maxSequences() - 1);
        if (attendsAhead(chunks, index)) {
            Bounds.check(
                    "the length of a chunk that is computed at once",
                    chunks.length(index),
                    1,
                    context.microBatchSize());
        }
        return context.decodeMedia(pointer(), chunks.chunk(index), position, sequence);
    }

    @Override
    void free(MemorySegment pointer) {
        Native.mtmd_free(pointer);
    }
}
