package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.MemorySegment;

/** The pixels of an image or the samples of a sound, read by a {@link Projector}. Safe for several threads. */
public final class Media extends NativeHandle {

    Media(MemorySegment pointer) {
        super("media", pointer, null);
    }

    public boolean isSound() {
        return Native.mtmd_bitmap_is_audio(pointer());
    }

    @Override
    void free(MemorySegment pointer) {
        Native.mtmd_bitmap_free(pointer);
    }
}
