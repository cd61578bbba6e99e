package dev.corral.llama;

import dev.corral.ffi.Native;

/** How much of a sequence's state is saved. */
public enum StateScope {
    /** All of it. */
    WHOLE(Native.LLAMA_STATE_SEQ_FLAGS_NONE()),
    /** Only what can't be cut at any point: recurrent state and sliding windows. */
    PARTIAL(Native.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY());

    private final int flags;

    StateScope(int flags) {
        this.flags = flags;
    }

    int flags() {
        return flags;
    }
}
