package dev.corral.llama;

import dev.corral.ffi.ggml_abort_callback;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** A flag in native memory that stops a computation on the CPU. Any thread may raise it. */
final class AbortFlag {

    private static final VarHandle VALUE = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment segment;

    AbortFlag(Arena arena) {
        segment = arena.allocate(ValueLayout.JAVA_INT);
    }

    MemorySegment segment() {
        return segment;
    }

    void raise() {
        VALUE.setVolatile(segment, 0L, 1);
    }

    void lower() {
        VALUE.setVolatile(segment, 0L, 0);
    }

    boolean isRaised() {
        return isRaised(segment);
    }

    /** What llama.cpp asks before each operation; one for all contexts, and never freed. */
    MemorySegment callback() {
        return Callback.STUB;
    }

    private static boolean isRaised(MemorySegment flag) {
        return (int) VALUE.getOpaque(flag, 0L) != 0;
    }

    private static final class Callback {
        static final MemorySegment STUB = ggml_abort_callback.allocate(Callback::ask, Arena.global());

        /** The upcall. An exception that left it would end the JVM. */
        private static boolean ask(MemorySegment flag) {
            try {
                return isRaised(flag);
            } catch (Throwable e) {
                return false;
            }
        }
    }
}
