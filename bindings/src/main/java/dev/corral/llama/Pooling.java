package dev.corral.llama;

import dev.corral.ffi.Native;

/** How the embeddings of a sequence become one. */
public enum Pooling {
    /** The model's own. */
    UNSPECIFIED(Native.LLAMA_POOLING_TYPE_UNSPECIFIED()),
    /** One embedding a token. */
    NONE(Native.LLAMA_POOLING_TYPE_NONE()),
    MEAN(Native.LLAMA_POOLING_TYPE_MEAN()),
    /** The first token. */
    CLS(Native.LLAMA_POOLING_TYPE_CLS()),
    /** The last token. */
    LAST(Native.LLAMA_POOLING_TYPE_LAST()),
    /** A reranker's scores instead of an embedding. */
    RANK(Native.LLAMA_POOLING_TYPE_RANK());

    private final int value;

    Pooling(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    static Pooling of(int value) {
        for (Pooling each : values()) {
            if (each.value == value) {
                return each;
            }
        }
        return UNSPECIFIED;
    }
}
