package dev.corral.llama;

import dev.corral.ffi.Native;

/** What a token attends to. */
public enum Attention {
    /** The model's own. */
    UNSPECIFIED(Native.LLAMA_ATTENTION_TYPE_UNSPECIFIED()),
    /** Tokens before it. */
    CAUSAL(Native.LLAMA_ATTENTION_TYPE_CAUSAL()),
    /** All tokens of its batch. */
    NON_CAUSAL(Native.LLAMA_ATTENTION_TYPE_NON_CAUSAL());

    private final int value;

    Attention(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }
}
