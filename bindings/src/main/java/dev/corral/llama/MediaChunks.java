package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A prompt as {@link Projector#tokenize} made it: runs of tokens, and between them what is computed from images and
 * sounds, each by itself. One image may become several chunks, and sound one for each half minute or so. Safe for several
 * threads as long as nobody closes it.
 */
public final class MediaChunks extends NativeHandle {

    MediaChunks(MemorySegment pointer) {
        super("chunks", pointer, null);
    }

    public int size() {
        return Math.toIntExact(Native.mtmd_input_chunks_size(pointer()));
    }

    public boolean isText(int index) {
        return Native.mtmd_input_chunk_get_type(chunk(index)) == Native.MTMD_INPUT_CHUNK_TYPE_TEXT();
    }

    public boolean isSound(int index) {
        return Native.mtmd_input_chunk_get_type(chunk(index)) == Native.MTMD_INPUT_CHUNK_TYPE_AUDIO();
    }

    /** The tokens of a chunk that is text. */
    public int[] tokens(int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment tokens = Native.mtmd_input_chunk_get_tokens_text(chunk(index), count);
            long length = count.get(ValueLayout.JAVA_LONG, 0);
            return length == 0
                    ? new int[0]
                    : tokens.reinterpret(length * Integer.BYTES).toArray(ValueLayout.JAVA_INT);
        }
    }

    /** Cells of the KV memory that a chunk takes. */
    public int length(int index) {
        return Math.toIntExact(Native.mtmd_input_chunk_get_n_tokens(chunk(index)));
    }

    /** Positions that it takes: at most its length, and less where an image's positions have several axes. */
    public int positions(int index) {
        return Native.mtmd_input_chunk_get_n_pos(chunk(index));
    }

    /** SHA-256, in hexadecimal, of the file that a chunk which is not text is from. */
    public String digest(int index) {
        return Utf8.read(Native.mtmd_input_chunk_get_id(chunk(index)));
    }

    MemorySegment chunk(int index) {
        Bounds.check("chunk", index, 0, size() - 1);
        return Native.mtmd_input_chunks_get(pointer(), index);
    }

    @Override
    void free(MemorySegment pointer) {
        Native.mtmd_input_chunks_free(pointer);
    }
}
