package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * The KV cache or the recurrent state of a {@link Context}, by sequence and position. Positions count from 0; a range is
 * {@code [p0, p1)}, where a negative p0 means 0 and a negative p1 means the end. Used by the context's thread.
 *
 * <p>A context without a memory, that of an encoder, is always empty: nothing is done to it.
 */
public final class KvMemory {

    /** Instead of a sequence, where all of them are meant. */
    public static final int ALL = -1;

    private final Context context;
    private final MemorySegment pointer;
    private final int sequences;
    private final boolean keysTurn;

    KvMemory(Context context, MemorySegment pointer, int sequences) {
        this.context = context;
        this.pointer = pointer;
        this.sequences = sequences;
        this.keysTurn = !context.options().keyType().isQuantized() || quantizedKeysTurn(context.model());
    }

    /**
     * Whether llama.cpp can turn quantized keys to another position. It crashes (0.5.0) where it does not keep them
     * Hadamard-rotated: unless heads are of one size, a multiple of 64, and RoPE turns all of it.
     */
    private static boolean quantizedKeysTurn(Model model) {
        Map<String, String> metadata = model.metadata();
        String architecture = metadata.getOrDefault("general.architecture", "");
        String head = metadata.getOrDefault(
                architecture + ".attention.key_length",
                String.valueOf(model.embeddingSize() / Math.max(1, model.heads())));
        String turned = metadata.getOrDefault(architecture + ".rope.dimension_count", head);
        return model.slidingWindow() == 0
                && head.equals(turned)
                && Integer.parseInt(head) % 64 == 0
                && System.getenv("LLAMA_ATTN_ROT_DISABLE") == null;
    }

    private MemorySegment pointer() {
        context.pointer();
        return pointer;
    }

    /** Whether there is one: encoders have none. */
    public boolean exists() {
        return !pointer.equals(MemorySegment.NULL);
    }

    /** Sequence ids are 0 to {@code sequences() - 1}. */
    public int sequences() {
        return sequences;
    }

    /**
     * Removes what a sequence has in a range.
     *
     * @param sequence {@link #ALL} for every sequence
     * @return false when this memory can't remove a part; removing a whole sequence never fails
     */
    public boolean remove(int sequence, int p0, int p1) {
        Bounds.check("sequence", sequence, ALL, sequences - 1);
        return Native.llama_memory_seq_rm(pointer(), sequence, p0, p1);
    }

    /**
     * Copies what a sequence has in a range to another, by sharing cells in a unified cache. A recurrent state is copied
     * as a whole, whatever the range; where each sequence has cells of its own, only the whole can be copied, in place of
     * what the target had.
     *
     * @throws IllegalArgumentException when a part is asked for and each sequence has cells of its own
     */
    public void copy(int source, int target, int p0, int p1) {
        checkSequence(source);
        checkSequence(target);
        if (!context.kvUnified() && source != target && (p0 > 0 || p1 >= 0)) {
            throw new IllegalArgumentException("only a whole sequence can be copied to another one's cells, not " + p0
                    + " to " + p1 + "; copy it and remove the rest");
        }
        Native.llama_memory_seq_cp(pointer(), source, target, p0, p1);
    }

    /** Removes all other sequences from the cells that this one is in. */
    public void keep(int sequence) {
        checkSequence(sequence);
        Native.llama_memory_seq_keep(pointer(), sequence);
    }

    /**
     * Adds to the positions in a range; those that would become negative are removed.
     *
     * @throws IllegalStateException when this memory can't: see {@link #canShift}
     */
    public void shift(int sequence, int p0, int p1, int delta) {
        checkSequence(sequence);
        checkShift();
        Native.llama_memory_seq_add(pointer(), sequence, p0, p1, delta);
    }

    /**
     * Divides the positions in a range.
     *
     * @param divisor at least 1
     * @throws IllegalStateException when this memory can't: see {@link #canShift}
     */
    public void divide(int sequence, int p0, int p1, int divisor) {
        checkSequence(sequence);
        Bounds.check("divisor", divisor, 1, Integer.MAX_VALUE);
        checkShift();
        Native.llama_memory_seq_div(pointer(), sequence, p0, p1, divisor);
    }

    /** The first position that a sequence has, or -1; more than 0 where a sliding window dropped the start. */
    public int minPosition(int sequence) {
        checkSequence(sequence);
        return Native.llama_memory_seq_pos_min(pointer(), sequence);
    }

    /** The last position that a sequence has, or -1. */
    public int maxPosition(int sequence) {
        checkSequence(sequence);
        return Native.llama_memory_seq_pos_max(pointer(), sequence);
    }

    /** Whether positions can be changed. */
    public boolean canShift() {
        MemorySegment memory = pointer();
        return keysTurn && Native.llama_memory_can_shift(memory);
    }

    /** Forgets all sequences, and leaves the data behind. */
    public void clear() {
        clear(false);
    }

    /**
     * Forgets all sequences.
     *
     * @param data also zero the data, which costs time
     */
    public void clear(boolean data) {
        Native.llama_memory_clear(pointer(), data);
    }

    private void checkShift() {
        if (!canShift()) {
            throw new IllegalStateException("the memory of this model can't change positions");
        }
    }

    private void checkSequence(int sequence) {
        Bounds.check("sequence", sequence, 0, sequences - 1);
    }
}
