package dev.corral.llama;

import dev.corral.ffi.Native;
import java.util.Arrays;

/** How the keys or values of the KV cache are stored. Quantized values need flash attention. */
public enum CacheType {
    F32(Native.GGML_TYPE_F32()),
    F16(Native.GGML_TYPE_F16()),
    BF16(Native.GGML_TYPE_BF16()),
    Q8_0(Native.GGML_TYPE_Q8_0()),
    Q5_1(Native.GGML_TYPE_Q5_1()),
    Q5_0(Native.GGML_TYPE_Q5_0()),
    Q4_1(Native.GGML_TYPE_Q4_1()),
    Q4_0(Native.GGML_TYPE_Q4_0()),
    IQ4_NL(Native.GGML_TYPE_IQ4_NL());

    private final int value;

    CacheType(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    public boolean isQuantized() {
        return this != F32 && this != F16 && this != BF16;
    }

    /** The type that llama.cpp calls so: "f16", "q8_0". */
    public static CacheType named(String name) {
        for (CacheType type : values()) {
            if (type.name().equalsIgnoreCase(name)) {
                return type;
            }
        }
        throw new IllegalArgumentException("cache type is " + name + ", must be one of " + Arrays.toString(values()));
    }
}
