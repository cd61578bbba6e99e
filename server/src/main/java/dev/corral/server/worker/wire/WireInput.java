package dev.corral.server.worker.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes being read. Nothing is believed: a length is compared with what is left before anything of that length is made, and
 * values nest only so deep. Not thread-safe.
 *
 * <p>Every method throws {@link MalformedFrame} when the bytes are not what {@link WireOutput} writes.
 */
public final class WireInput {

    private static final int DEEPEST = 64;

    private final byte[] bytes;
    private final int end;
    private int position;
    private int depth;

    WireInput(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.position = from;
        this.end = to;
    }

    /** Reads all of {@code bytes}. */
    public static WireInput of(byte[] bytes) {
        return new WireInput(bytes, 0, bytes.length);
    }

    public int remaining() {
        return end - position;
    }

    /** Begins a value that may hold others; {@link #leave} ends it. */
    void enter() {
        if (++depth > DEEPEST) {
            throw new MalformedFrame("values nested deeper than " + DEEPEST);
        }
    }

    void leave() {
        depth--;
    }

    int readByte() {
        require(1);
        return bytes[position++] & 0xFF;
    }

    boolean readBoolean() {
        int value = readByte();
        if (value > 1) {
            throw new MalformedFrame("neither true nor false: " + value);
        }
        return value == 1;
    }

    int readUnsigned() {
        int value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            int next = readByte();
            if (shift == 28 && next > 0xF) {
                break;
            }
            value |= (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new MalformedFrame("a number that does not end");
    }

    /** How many bytes follow, or elements of at least one byte each. */
    int readCount() {
        int count = readUnsigned();
        if (count < 0 || count > remaining()) {
            throw new MalformedFrame(Integer.toUnsignedString(count) + " things in " + remaining() + " bytes");
        }
        return count;
    }

    int readInt() {
        int raw = readUnsigned();
        return raw >>> 1 ^ -(raw & 1);
    }

    long readLong() {
        long raw = readUnsignedLong();
        return raw >>> 1 ^ -(raw & 1);
    }

    private long readUnsignedLong() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = readByte();
            if (shift == 63 && next > 1) {
                break;
            }
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new MalformedFrame("a number that does not end");
    }

    float readFloat() {
        require(Float.BYTES);
        float value = Float.intBitsToFloat((int) WireOutput.INT.get(bytes, position));
        position += Float.BYTES;
        return value;
    }

    double readDouble() {
        require(Double.BYTES);
        double value = Double.longBitsToDouble((long) WireOutput.LONG.get(bytes, position));
        position += Double.BYTES;
        return value;
    }

    byte[] readBytes() {
        int count = readCount();
        byte[] value = Arrays.copyOfRange(bytes, position, position + count);
        position += count;
        return value;
    }

    String readString() {
        long head = readLong();
        long length = head >> 1;
        boolean wide = (head & 1) == 1;
        if (length < 0 || length > (wide ? remaining() / Character.BYTES : remaining())) {
            throw new MalformedFrame("a string of " + length + " letters in " + remaining() + " bytes");
        }
        int letters = (int) length;
        if (!wide) {
            String value = new String(bytes, position, letters, StandardCharsets.ISO_8859_1);
            position += letters;
            return value;
        }
        char[] value = new char[letters];
        for (int i = 0; i < letters; i++) {
            value[i] = (char) WireOutput.CHAR.get(bytes, position + i * Character.BYTES);
        }
        position += letters * Character.BYTES;
        return new String(value);
    }

    private void require(int count) {
        if (count > remaining()) {
            throw new MalformedFrame("the frame ends within a value");
        }
    }
}
