package dev.corral.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A native pointer that several threads pass to native calls. The arena makes each call keep it alive while it runs;
 * closing waits for those calls, and later ones fail with an {@link IllegalStateException}.
 */
final class SharedPointer {

    private static final long RETRY_NANOS = 50_000;

    private final Arena arena;
    private final MemorySegment segment;

    /** @param arena shared, and owned by this from now on; what was allocated in it is freed after the pointer */
    SharedPointer(Arena arena, MemorySegment pointer, Consumer<MemorySegment> free) {
        this.arena = arena;
        this.segment = pointer.reinterpret(arena, free);
    }

    MemorySegment segment() {
        return segment;
    }

    /** A pointer that lives as long as this one. */
    MemorySegment derived(MemorySegment pointer) {
        return pointer.reinterpret(arena, null);
    }

    void close() {
        while (arena.scope().isAlive()) {
            try {
                arena.close();
            } catch (IllegalStateException callInProgress) {
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }
}
