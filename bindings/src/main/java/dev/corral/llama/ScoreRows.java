package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.corral_score;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Outputs with a token that follows each, and how likely that is by the model's raw logits. Made once and filled again;
 * nothing is allocated by that, and no logits are copied. Used by the context's thread.
 *
 * <p>Several tokens of one output, added one after the other, cost one pass over its logits.
 */
public final class ScoreRows extends NativeHandle {

    /** In place of a token, where only the likeliest ones are wanted. */
    public static final int NO_TOKEN = -1;

    private static final long ROW = corral_score.sizeof();
    private static final long OUTPUT = corral_score.output$offset();
    private static final long TOKEN = corral_score.token$offset();
    private static final long N_TOP = corral_score.n_top$offset();
    private static final long CODE = corral_score.code$offset();
    private static final long LOGPROB = corral_score.logprob$offset();
    private static final long LIKELIEST = corral_score.likeliest$offset();
    private static final long N_TOP_FOUND = corral_score.n_top_found$offset();

    private final Arena arena;
    private final int capacity;
    private final int maxTop;
    private final MemorySegment rows;
    private final MemorySegment topTokens;
    private final MemorySegment topLogprobs;
    private int size;

    /**
     * @param capacity the most rows
     * @param maxTop the most likeliest tokens that a row may ask for
     */
    public ScoreRows(int capacity, int maxTop) {
        this(
                Arena.ofShared(),
                Bounds.check("capacity", capacity, 1, ContextOptions.MAX_BATCH),
                Bounds.check("maxTop", maxTop, 0, 1 << 20));
    }

    private ScoreRows(Arena arena, int capacity, int maxTop) {
        super("block of scores", corral_score.allocateArray(capacity, arena), null);
        this.arena = arena;
        this.capacity = capacity;
        this.maxTop = maxTop;
        this.rows = super.pointer();
        this.topTokens = arena.allocate(ValueLayout.JAVA_INT, Math.max(1, (long) capacity * maxTop));
        this.topLogprobs = arena.allocate(ValueLayout.JAVA_DOUBLE, Math.max(1, (long) capacity * maxTop));
        for (int row = 0; row < capacity; row++) {
            MemorySegment struct = corral_score.asSlice(rows, row);
            corral_score.top_tokens(struct, topTokens.asSlice((long) row * maxTop * Integer.BYTES));
            corral_score.top_logprobs(struct, topLogprobs.asSlice((long) row * maxTop * Double.BYTES));
        }
    }

    public int capacity() {
        return capacity;
    }

    /** Rows in it. */
    public int size() {
        return size;
    }

    public boolean isFull() {
        return size == capacity;
    }

    public void clear() {
        size = 0;
    }

    /**
     * Adds a row.
     *
     * @param output the index of a token with an output in the last batch
     * @param token the one that follows, or {@link #NO_TOKEN}
     * @param topN how many of the likeliest tokens to report
     * @return the row's index
     * @throws IllegalStateException when there is no room
     */
    public int add(int output, int token, int topN) {
        checkOpen();
        if (size == capacity) {
            throw new IllegalStateException("all " + capacity + " rows are taken");
        }
        Bounds.check("output", output, 0, Integer.MAX_VALUE);
        Bounds.check("token", token, NO_TOKEN, Integer.MAX_VALUE);
        Bounds.check("topN", topN, 0, maxTop);
        int row = size++;
        long at = row * ROW;
        rows.set(ValueLayout.JAVA_INT, at + OUTPUT, output);
        rows.set(ValueLayout.JAVA_INT, at + TOKEN, token);
        rows.set(ValueLayout.JAVA_INT, at + N_TOP, topN);
        return row;
    }

    /**
     * Scores every row. A row fails by itself when the last batch did not give its output, the vocabulary does not have
     * its token, or its logits are no numbers.
     *
     * @return how many rows failed
     */
    public int score(Context context) {
        MemorySegment pointer = context.pointer();
        checkOpen();
        return Native.corral_score_rows(pointer, rows, size);
    }

    /** True when a row could not be scored; the rest of what it says is undefined then. */
    public boolean failed(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + CODE) != Native.CORRAL_OK();
    }

    /** The natural logarithm of the token's probability; NaN when there was no token. */
    public double logprob(int row) {
        return rows.get(ValueLayout.JAVA_DOUBLE, at(row) + LOGPROB);
    }

    /** The likeliest token of all; of several, the one with the lowest id. */
    public int likeliest(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + LIKELIEST);
    }

    /** How many likeliest tokens were found; as many as asked for, unless the vocabulary is smaller. */
    public int topCount(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + N_TOP_FOUND);
    }

    /** The i-th likeliest token, from 0. */
    public int topToken(int row, int i) {
        return topTokens.getAtIndex(ValueLayout.JAVA_INT, topIndex(row, i));
    }

    /** The log-probability of the i-th likeliest token. */
    public double topLogprob(int row, int i) {
        return topLogprobs.getAtIndex(ValueLayout.JAVA_DOUBLE, topIndex(row, i));
    }

    private long at(int row) {
        Bounds.check("row", row, 0, size - 1);
        return row * ROW;
    }

    private long topIndex(int row, int i) {
        Bounds.check("i", i, 0, topCount(row) - 1);
        return (long) row * maxTop + i;
    }

    @Override
    void free(MemorySegment pointer) {
        arena.close();
    }
}
