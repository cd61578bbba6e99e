package dev.corral.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * A metadata value of a GGUF file: the id of its type and its bytes, little-endian. One factory for each type of the
 * format; {@link #raw} for values that lie.
 */
public final class GgufValue {
    private static final int U8 = 0;
    private static final int I8 = 1;
    private static final int U16 = 2;
    private static final int I16 = 3;
    private static final int U32 = 4;
    private static final int I32 = 5;
    private static final int F32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int U64 = 10;
    private static final int I64 = 11;
    private static final int F64 = 12;

    private final int type;
    private final byte[] bytes;

    private GgufValue(int type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    public static GgufValue u8(int value) {
        return new GgufValue(U8, bytes(1, b -> b.put((byte) value)));
    }

    public static GgufValue i8(int value) {
        return new GgufValue(I8, bytes(1, b -> b.put((byte) value)));
    }

    public static GgufValue u16(int value) {
        return new GgufValue(U16, bytes(2, b -> b.putShort((short) value)));
    }

    public static GgufValue i16(int value) {
        return new GgufValue(I16, bytes(2, b -> b.putShort((short) value)));
    }

    public static GgufValue u32(int value) {
        return new GgufValue(U32, bytes(4, b -> b.putInt(value)));
    }

    public static GgufValue i32(int value) {
        return new GgufValue(I32, bytes(4, b -> b.putInt(value)));
    }

    public static GgufValue u64(long value) {
        return new GgufValue(U64, bytes(8, b -> b.putLong(value)));
    }

    public static GgufValue i64(long value) {
        return new GgufValue(I64, bytes(8, b -> b.putLong(value)));
    }

    public static GgufValue f32(float value) {
        return new GgufValue(F32, bytes(4, b -> b.putFloat(value)));
    }

    public static GgufValue f64(double value) {
        return new GgufValue(F64, bytes(8, b -> b.putDouble(value)));
    }

    public static GgufValue bool(boolean value) {
        return new GgufValue(BOOL, new byte[] {(byte) (value ? 1 : 0)});
    }

    public static GgufValue string(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return new GgufValue(
                STRING, bytes(8 + text.length, b -> b.putLong(text.length).put(text)));
    }

    public static GgufValue strings(List<String> values) {
        return array(STRING, values.stream().map(GgufValue::string).toList());
    }

    public static GgufValue i32s(int... values) {
        return array(I32, values.length, 4, (b, i) -> b.putInt(values[i]));
    }

    public static GgufValue u32s(int... values) {
        return array(U32, values.length, 4, (b, i) -> b.putInt(values[i]));
    }

    public static GgufValue f32s(float... values) {
        return array(F32, values.length, 4, (b, i) -> b.putFloat(values[i]));
    }

    /** An array of values that all have one type, which arrays may be too. Not empty: an empty array has no type. */
    public static GgufValue array(List<GgufValue> values) {
        int type = values.getFirst().type;
        if (values.stream().anyMatch(value -> value.type != type)) {
            throw new IllegalArgumentException("an array holds values of one type");
        }
        return array(type, values);
    }

    /** Any type id with any bytes after it: unknown types, strings longer than the file, arrays that never end. */
    public static GgufValue raw(int type, byte... bytes) {
        return new GgufValue(type, bytes.clone());
    }

    int type() {
        return type;
    }

    void writeTo(ByteArrayOutputStream out) {
        out.writeBytes(bytes);
    }

    private static GgufValue array(int type, List<GgufValue> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(12, b -> b.putInt(type).putLong(values.size())));
        values.forEach(value -> value.writeTo(out));
        return new GgufValue(ARRAY, out.toByteArray());
    }

    private static GgufValue array(int type, int length, int size, ObjIntConsumer<ByteBuffer> element) {
        return new GgufValue(ARRAY, bytes(12 + length * size, b -> {
            b.putInt(type).putLong(length);
            for (int i = 0; i < length; i++) {
                element.accept(b, i);
            }
        }));
    }

    private static byte[] bytes(int size, Consumer<ByteBuffer> content) {
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        content.accept(buffer);
        return buffer.array();
    }
}
