package dev.corral.llama;

import dev.corral.ffi.Native;

/** How positions past the trained context are scaled. */
public enum RopeScaling {
    /** The model's own. */
    UNSPECIFIED(Native.LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED()),
    NONE(Native.LLAMA_ROPE_SCALING_TYPE_NONE()),
    LINEAR(Native.LLAMA_ROPE_SCALING_TYPE_LINEAR()),
    YARN(Native.LLAMA_ROPE_SCALING_TYPE_YARN()),
    LONGROPE(Native.LLAMA_ROPE_SCALING_TYPE_LONGROPE());

    private final int value;

    RopeScaling(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }
}
