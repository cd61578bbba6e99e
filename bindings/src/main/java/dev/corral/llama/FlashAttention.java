package dev.corral.llama;

import dev.corral.ffi.Native;

/** When flash attention is used. */
public enum FlashAttention {
    /** Where the backend supports it. */
    AUTO(Native.LLAMA_FLASH_ATTN_TYPE_AUTO()),
    OFF(Native.LLAMA_FLASH_ATTN_TYPE_DISABLED()),
    ON(Native.LLAMA_FLASH_ATTN_TYPE_ENABLED());

    private final int value;

    FlashAttention(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }
}
