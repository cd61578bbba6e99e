package dev.corral.llama;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Something native with an owner: freed once, by {@link #close}, and refused from then on.
 *
 * <p>The handles made from a model are among its {@link Children}, and leave them when they are closed.
 */
abstract sealed class NativeHandle implements AutoCloseable
        permits Adapter,
                Batch,
                ChatTemplate,
                Context,
                Grammar,
                Media,
                MediaChunks,
                Model,
                Projector,
                SamplerChain,
                SamplingRows,
                ScoreRows,
                StateBuffer {

    private final String noun;
    private final MemorySegment pointer;
    private final @Nullable Children siblings;
    private final AtomicBoolean closed = new AtomicBoolean();

    NativeHandle(String noun, MemorySegment pointer, @Nullable Children siblings) {
        this.noun = noun;
        this.pointer = pointer;
        this.siblings = siblings;
    }

    /** @throws IllegalStateException when closed */
    MemorySegment pointer() {
        checkOpen();
        return pointer;
    }

    final void checkOpen() {
        if (closed.get()) {
            throw new IllegalStateException("this " + noun + " is closed");
        }
    }

    public final boolean isClosed() {
        return closed.get();
    }

    /** @throws IllegalStateException when it may not be closed now, or not by this thread */
    void checkClosable() {}

    /** Frees the native object; called once. */
    abstract void free(MemorySegment pointer);

    @Override
    public void close() {
        if (isClosed()) {
            return;
        }
        checkClosable();
        if (closed.compareAndSet(false, true)) {
            try {
                free(pointer);
            } finally {
                if (siblings != null) {
                    siblings.remove(this);
                }
            }
        }
    }
}
