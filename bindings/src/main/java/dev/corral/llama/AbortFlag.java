package dev.corral.llama;

import dev.corral.ffi.Native;
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
        return (int) VALUE.getOpaque(segment, 0L) != 0;
    }

    /** The address of what llama.cpp asks before each operation: native code, as a call into Java would cost more than some of them. */
    MemorySegment callback() {
        return Native.corral_is_raised$address();
    }
}
