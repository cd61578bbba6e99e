package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Strings on their way into C and out of it. */
final class Utf8 {

    private Utf8() {}

    /**
     * A NUL-terminated copy.
     *
     * @throws LlamaException INVALID_ARGUMENT when there is a NUL inside, which would cut the text short
     */
    static MemorySegment terminated(Arena arena, String text, String what) {
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            throw new LlamaException(Code.INVALID_ARGUMENT, what + " has a NUL character at index " + nul);
        }
        return arena.allocateFrom(text);
    }

    /** The bytes themselves; any byte may be among them, and their number is passed beside them. */
    static MemorySegment bytes(Arena arena, byte[] text) {
        MemorySegment copy = arena.allocate(Math.max(1, text.length));
        MemorySegment.copy(MemorySegment.ofArray(text), 0, copy, 0, text.length);
        return copy;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A C string that stays the library's; NULL is the empty string. */
    static String read(MemorySegment string) {
        return string.equals(MemorySegment.NULL)
                ? ""
                : string.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** A C string that was handed to us, which this frees. */
    static String take(MemorySegment string) {
        try {
            return read(string);
        } finally {
            Native.corral_free_string(string);
        }
    }
}
