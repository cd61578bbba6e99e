package dev.corral.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The tensor encodings that {@link GgufFile} writes. */
public enum TensorType {
    F32(0),
    F16(1),
    /** Blocks of 32 values: a half-precision scale and 32 signed bytes. Rows must be a multiple of 32 long. */
    Q8_0(8);

    private static final int BLOCK = 32;

    private final int id;

    TensorType(int id) {
        this.id = id;
    }

    /** ggml's number for it. */
    public int id() {
        return id;
    }

    /** Whether rows of this many values can be encoded. */
    boolean fits(int row) {
        return this != Q8_0 || row % BLOCK == 0;
    }

    byte[] encode(float[] values) {
        return switch (this) {
            case F32 -> {
                ByteBuffer out = buffer(values.length * 4);
                out.asFloatBuffer().put(values);
                yield out.array();
            }
            case F16 -> {
                ByteBuffer out = buffer(values.length * 2);
                for (float value : values) {
                    out.putShort(Float.floatToFloat16(value));
                }
                yield out.array();
            }
            case Q8_0 -> encodeBlocks(values);
        };
    }

    private static byte[] encodeBlocks(float[] values) {
        if (values.length % BLOCK != 0) {
            throw new IllegalArgumentException(values.length + " values are not whole blocks of " + BLOCK);
        }
        ByteBuffer out = buffer(values.length / BLOCK * (2 + BLOCK));
        for (int start = 0; start < values.length; start += BLOCK) {
            float largest = 0;
            for (int i = start; i < start + BLOCK; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            float scale = largest / 127;
            out.putShort(Float.floatToFloat16(scale));
            for (int i = start; i < start + BLOCK; i++) {
                out.put((byte) (scale == 0 ? 0 : Math.round(values[i] / scale)));
            }
        }
        return out.array();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
