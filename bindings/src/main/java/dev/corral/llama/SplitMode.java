package dev.corral.llama;

import dev.corral.ffi.Native;

/** How a model is split over several GPUs. */
public enum SplitMode {
    /** All of it on {@link ModelOptions#mainGpu}. */
    NONE(Native.LLAMA_SPLIT_MODE_NONE()),
    /** Whole layers, each with its part of the KV cache. */
    LAYER(Native.LLAMA_SPLIT_MODE_LAYER()),
    /** Rows of each tensor, where the backend can. */
    ROW(Native.LLAMA_SPLIT_MODE_ROW()),
    /** Tensor parallelism; needs flash attention. */
    TENSOR(Native.LLAMA_SPLIT_MODE_TENSOR());

    private final int value;

    SplitMode(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }
}
