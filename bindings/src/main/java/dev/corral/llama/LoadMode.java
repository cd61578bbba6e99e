package dev.corral.llama;

import dev.corral.ffi.Native;

/** How the weights get into memory. */
public enum LoadMode {
    /** Mapped where the devices can use that. */
    AUTO(Native.LLAMA_LOAD_MODE_AUTO()),
    /** Read into memory of their own. */
    READ(Native.LLAMA_LOAD_MODE_NONE()),
    /** Mapped, and so shared between processes. */
    MMAP(Native.LLAMA_LOAD_MODE_MMAP()),
    /** Read, and locked into memory. */
    MLOCK(Native.LLAMA_LOAD_MODE_MLOCK()),
    /** Mapped, and locked into memory. */
    MMAP_MLOCK(Native.LLAMA_LOAD_MODE_MMAP_MLOCK()),
    /** Read past the page cache, where the file system can. */
    DIRECT_IO(Native.LLAMA_LOAD_MODE_DIRECT_IO());

    private final int value;

    LoadMode(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    /** The same, with the weights mapped or not. */
    LoadMode withMmap(boolean mmap) {
        return switch (this) {
            case MLOCK, MMAP_MLOCK -> mmap ? MMAP_MLOCK : MLOCK;
            default -> mmap ? MMAP : READ;
        };
    }

    /** The same, with the weights locked into memory or not. */
    LoadMode withMlock(boolean mlock) {
        return switch (this) {
            case MMAP, MMAP_MLOCK -> mlock ? MMAP_MLOCK : MMAP;
            case AUTO -> mlock ? MMAP_MLOCK : AUTO;
            case READ, MLOCK, DIRECT_IO -> mlock ? MLOCK : this == DIRECT_IO ? DIRECT_IO : READ;
        };
    }
}
