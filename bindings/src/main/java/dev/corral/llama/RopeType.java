package dev.corral.llama;

import dev.corral.ffi.Native;

/** How a model encodes positions. */
public enum RopeType {
    /** Not by rotation. */
    NONE(Native.LLAMA_ROPE_TYPE_NONE()),
    NORM(Native.LLAMA_ROPE_TYPE_NORM()),
    NEOX(Native.LLAMA_ROPE_TYPE_NEOX()),
    /** Several positions a token: time, height, width. */
    MROPE(Native.LLAMA_ROPE_TYPE_MROPE()),
    /** Interleaved M-RoPE. */
    IMROPE(Native.LLAMA_ROPE_TYPE_IMROPE()),
    VISION(Native.LLAMA_ROPE_TYPE_VISION());

    private final int value;

    RopeType(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    static RopeType of(int value) {
        for (RopeType each : values()) {
            if (each.value == value) {
                return each;
            }
        }
        return NONE;
    }
}
