package dev.corral.gguf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The beginning of a file in memory, little-endian. Nothing here moves; any thread may read. */
final class Bytes {

    private final ByteBuffer buffer;

    Bytes(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    int length() {
        return buffer.limit();
    }

    byte byteAt(int position) {
        return buffer.get(position);
    }

    short shortAt(int position) {
        return buffer.getShort(position);
    }

    int intAt(int position) {
        return buffer.getInt(position);
    }

    long longAt(int position) {
        return buffer.getLong(position);
    }

    String text(int position, int length) {
        byte[] utf8 = new byte[length];
        buffer.get(position, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** How many bytes of a text come before its first NUL; all of them when it has none. */
    int untilNul(int position, int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            int rest = length - i;
            long eight = upTo(position + i, rest) | (rest < Long.BYTES ? -1L << 8 * rest : 0);
            if (((eight - 0x0101010101010101L) & ~eight & 0x8080808080808080L) != 0) {
                return firstNul(position, length);
            }
        }
        return length;
    }

    private int firstNul(int position, int length) {
        int i = 0;
        while (i < length && byteAt(position + i) != 0) {
            i++;
        }
        return i;
    }

    /** Spreads over all 64 bits. */
    long hash(int position, int length) {
        long hash = length * 0x9E3779B97F4A7C15L;
        for (int i = 0; i < length; i += Long.BYTES) {
            hash = mix(hash ^ upTo(position + i, length - i));
        }
        return mix(hash);
    }

    /** Eight bytes, or as many as there are, the missing ones 0: one read is much faster than eight before the JIT compiler is there. */
    private long upTo(int position, int count) {
        if (count >= Long.BYTES) {
            return longAt(position);
        }
        if (position <= length() - Long.BYTES) {
            return longAt(position) & ~(-1L << 8 * count);
        }
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes |= (byteAt(position + i) & 0xFFL) << 8 * i;
        }
        return bytes;
    }

    private static long mix(long bits) {
        long product = bits * 0xD6E8FEB86659FD93L;
        return product ^ product >>> 32;
    }

    boolean equal(int first, int second, int length) {
        for (int i = 0; i < length; i++) {
            if (byteAt(first + i) != byteAt(second + i)) {
                return false;
            }
        }
        return true;
    }
}
