package dev.corral.gguf;

import org.jspecify.annotations.Nullable;

/** The types of a metadata value, in the order of their numbers in a file. */
public enum ValueType {
    U8(1),
    I8(1),
    U16(2),
    I16(2),
    U32(4),
    I32(4),
    F32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    U64(8),
    I64(8),
    F64(8);

    private static final ValueType[] BY_ID = values();

    private final int size;

    ValueType(int size) {
        this.size = size;
    }

    /** Bytes of a value; 0 for strings and arrays, which have no fixed size. */
    public int size() {
        return size;
    }

    /** Whether it is an integer type. */
    public boolean isWhole() {
        return switch (this) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
            case F32, BOOL, STRING, ARRAY, F64 -> false;
        };
    }

    static @Nullable ValueType of(int id) {
        return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
    }
}
