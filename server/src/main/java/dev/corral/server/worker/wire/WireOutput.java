package dev.corral.server.worker.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes being written: small numbers take few of them. It grows as needed and is used again. Not thread-safe.
 *
 * <p>An int or a count takes 1 to 5 bytes, a long 1 to 10, seven bits a byte, the lowest first; signed ones are zigzag
 * encoded. A string is its length with a bit that says whether its units take one byte or two: every Java string comes
 * back as it was, unpaired surrogates too.
 */
public final class WireOutput {

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle CHAR = MethodHandles.byteArrayViewVarHandle(char[].class, ByteOrder.BIG_ENDIAN);

    private static final int SMALL = 1 << 10;
    private static final int KEPT = 1 << 20;
    private static final int LONGEST_VARINT = 10;

    private byte[] bytes = new byte[SMALL];
    private int size;

    public int size() {
        return size;
    }

    /** The bytes so far, up to {@link #size}; good until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** Takes back everything after the first {@code length} bytes. */
    void truncate(int length) {
        size = length;
    }

    void clear() {
        size = 0;
        if (bytes.length > KEPT) {
            bytes = new byte[SMALL];
        }
    }

    /** Leaves room for a number to be {@linkplain #putInt put} there later, and returns where. */
    int skipInt() {
        ensure(Integer.BYTES);
        int at = size;
        size += Integer.BYTES;
        return at;
    }

    void putInt(int at, int value) {
        INT.set(bytes, at, value);
    }

    void writeByte(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
    }

    void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    void writeUnsigned(int value) {
        ensure(LONGEST_VARINT);
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    void writeInt(int value) {
        writeUnsigned(value << 1 ^ value >> 31);
    }

    void writeLong(long value) {
        ensure(LONGEST_VARINT);
        long rest = value << 1 ^ value >> 63;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    void writeFloat(float value) {
        ensure(Float.BYTES);
        INT.set(bytes, size, Float.floatToRawIntBits(value));
        size += Float.BYTES;
    }

    void writeDouble(double value) {
        ensure(Double.BYTES);
        LONG.set(bytes, size, Double.doubleToRawLongBits(value));
        size += Double.BYTES;
    }

    void writeBytes(byte[] value) {
        writeUnsigned(value.length);
        ensure(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
    }

    void writeString(String value) {
        int length = value.length();
        boolean wide = isWide(value);
        writeLong((long) length << 1 | (wide ? 1 : 0));
        if (wide) {
            ensure(Math.multiplyExact(length, Character.BYTES));
            for (int i = 0; i < length; i++) {
                CHAR.set(bytes, size + i * Character.BYTES, value.charAt(i));
            }
            size += length * Character.BYTES;
        } else {
            ensure(length);
            for (int i = 0; i < length; i++) {
                bytes[size + i] = (byte) value.charAt(i);
            }
            size += length;
        }
    }

    private static boolean isWide(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) > 0xFF) {
                return true;
            }
        }
        return false;
    }

    private void ensure(int more) {
        int needed = Math.addExact(size, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(needed, 2L * bytes.length)));
        }
    }
}
