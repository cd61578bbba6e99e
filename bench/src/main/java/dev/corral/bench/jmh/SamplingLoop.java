package dev.corral.bench.jmh;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The C++ loops of sampling_loop.cpp over one row of logits. Used by one thread; closing it frees the row. */
final class SamplingLoop implements AutoCloseable {

    private static final AddressLayout ROW = ValueLayout.ADDRESS;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Arena arena = Arena.ofConfined();
    private final MethodHandle greedy;
    private final MethodHandle topK;
    private final MethodHandle topP;
    private final MethodHandle minP;
    private final MemorySegment row;
    private final int size;

    SamplingLoop(Path library, float[] logits) {
        SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
        Linker linker = Linker.nativeLinker();
        greedy = linker.downcallHandle(symbols.findOrThrow("loop_greedy"), FunctionDescriptor.of(INT, ROW, INT));
        topK = linker.downcallHandle(symbols.findOrThrow("loop_top_k"), FunctionDescriptor.of(INT, ROW, INT, INT));
        FunctionDescriptor withP = FunctionDescriptor.of(INT, ROW, INT, ValueLayout.JAVA_FLOAT);
        topP = linker.downcallHandle(symbols.findOrThrow("loop_top_p"), withP);
        minP = linker.downcallHandle(symbols.findOrThrow("loop_min_p"), withP);
        row = arena.allocateFrom(ValueLayout.JAVA_FLOAT, logits);
        size = logits.length;
    }

    int greedy() throws Throwable {
        return (int) greedy.invokeExact(row, size);
    }

    int topK(int k) throws Throwable {
        return (int) topK.invokeExact(row, size, k);
    }

    int topP(float p) throws Throwable {
        return (int) topP.invokeExact(row, size, p);
    }

    int minP(float p) throws Throwable {
        return (int) minP.invokeExact(row, size, p);
    }

    @Override
    public void close() {
        arena.close();
    }
}
