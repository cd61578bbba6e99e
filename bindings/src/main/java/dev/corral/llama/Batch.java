package dev.corral.llama;

import dev.corral.ffi.llama_batch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Tokens to decode together, each with its position and the sequences that it belongs to. Made once and filled again;
 * nothing is allocated by filling it. Used by one thread at a time.
 */
public final class Batch extends NativeHandle {

    private final Arena arena;
    private final int capacity;
    private final int sequencesPerToken;
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment sequenceCounts;
    private final MemorySegment sequences;
    private final MemorySegment outputs;
    private int size;
    private int outputCount;

    /** A batch whose tokens belong to one sequence each. */
    public Batch(int capacity) {
        this(capacity, 1);
    }

    /**
     * @param capacity the most tokens that it takes
     * @param sequencesPerToken the most sequences that a token may belong to
     */
    public Batch(int capacity, int sequencesPerToken) {
        this(
                Arena.ofShared(),
                Bounds.check("capacity", capacity, 1, ContextOptions.MAX_BATCH),
                Bounds.check("sequencesPerToken", sequencesPerToken, 1, ContextOptions.MAX_SEQUENCES));
    }

    private Batch(Arena arena, int capacity, int sequencesPerToken) {
        super("batch", llama_batch.allocate(arena), null);
        this.arena = arena;
        this.capacity = capacity;
        this.sequencesPerToken = sequencesPerToken;
        tokens = arena.allocate(ValueLayout.JAVA_INT, capacity);
        positions = arena.allocate(ValueLayout.JAVA_INT, capacity);
        sequenceCounts = arena.allocate(ValueLayout.JAVA_INT, capacity);
        sequences = arena.allocate(ValueLayout.JAVA_INT, (long) capacity * sequencesPerToken);
        outputs = arena.allocate(ValueLayout.JAVA_BYTE, capacity);
        MemorySegment lists = arena.allocate(ValueLayout.ADDRESS, capacity);
        for (int i = 0; i < capacity; i++) {
            lists.setAtIndex(ValueLayout.ADDRESS, i, sequences.asSlice((long) i * sequencesPerToken * Integer.BYTES));
        }
        MemorySegment batch = super.pointer();
        llama_batch.token(batch, tokens);
        llama_batch.embd(batch, MemorySegment.NULL);
        llama_batch.pos(batch, positions);
        llama_batch.n_seq_id(batch, sequenceCounts);
        llama_batch.seq_id(batch, lists);
        llama_batch.logits(batch, outputs);
    }

    public int capacity() {
        return capacity;
    }

    /** Tokens in it. */
    public int size() {
        return size;
    }

    /** How many of its tokens have an output. */
    public int outputs() {
        return outputCount;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public boolean isFull() {
        return size == capacity;
    }

    public void clear() {
        size = 0;
        outputCount = 0;
    }

    /**
     * Adds a token of one sequence.
     *
     * @param output whether logits and embeddings are wanted at this token
     * @return its index in the batch, by which its output is read
     * @throws IllegalStateException when the batch is full
     */
    public int add(int token, int position, int sequence, boolean output) {
        int index = next(token, position, output);
        sequences.setAtIndex(ValueLayout.JAVA_INT, (long) index * sequencesPerToken, sequence);
        sequenceCounts.setAtIndex(ValueLayout.JAVA_INT, index, 1);
        return index;
    }

    /**
     * Adds a token of several sequences, which share its cell.
     *
     * @return its index in the batch
     */
    public int add(int token, int position, int[] inSequences, boolean output) {
        Bounds.check("the number of sequences", inSequences.length, 1, sequencesPerToken);
        int index = next(token, position, output);
        for (int i = 0; i < inSequences.length; i++) {
            sequences.setAtIndex(ValueLayout.JAVA_INT, (long) index * sequencesPerToken + i, inSequences[i]);
        }
        sequenceCounts.setAtIndex(ValueLayout.JAVA_INT, index, inSequences.length);
        return index;
    }

    private int next(int token, int position, boolean output) {
        checkOpen();
        Bounds.check("position", position, 0, Integer.MAX_VALUE);
        if (size == capacity) {
            throw new IllegalStateException("the batch is full: " + capacity + " tokens");
        }
        int index = size++;
        tokens.setAtIndex(ValueLayout.JAVA_INT, index, token);
        positions.setAtIndex(ValueLayout.JAVA_INT, index, position);
        outputs.setAtIndex(ValueLayout.JAVA_BYTE, index, (byte) (output ? 1 : 0));
        outputCount += output ? 1 : 0;
        return index;
    }

    /** The struct, with its number of tokens up to date. */
    @Override
    MemorySegment pointer() {
        MemorySegment batch = super.pointer();
        llama_batch.n_tokens(batch, size);
        return batch;
    }

    @Override
    void free(MemorySegment pointer) {
        arena.close();
    }
}
