package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.corral_row;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Outputs to sample from together, and what came of it. Made once and filled again; nothing is allocated by that. Used by
 * the context's thread.
 *
 * <p>A row is an output of the last batch with the chain that samples from it. Rows are sampled in the order in which
 * they were added, so the same chain may have several.
 */
public final class SamplingRows extends NativeHandle {

    private static final long ROW = corral_row.sizeof();
    private static final long CHAIN = corral_row.chain$offset();
    private static final long GRAMMAR = corral_row.grammar$offset();
    private static final long OUTPUT = corral_row.output$offset();
    private static final long N_TOP = corral_row.n_top$offset();
    private static final long POST_SAMPLING = corral_row.post_sampling$offset();
    private static final long CODE = corral_row.code$offset();
    private static final long TOKEN = corral_row.token$offset();
    private static final long LOGPROB = corral_row.logprob$offset();
    private static final long N_TOP_FOUND = corral_row.n_top_found$offset();
    private static final long MESSAGE = corral_row.message$offset();

    private final Arena arena;
    private final int capacity;
    private final int maxTop;
    private final MemorySegment rows;
    private final MemorySegment topTokens;
    private final MemorySegment topLogprobs;
    private final @Nullable SamplerChain[] chains;
    private final @Nullable Grammar[] grammars;
    private int size;

    /**
     * @param capacity the most rows
     * @param maxTop the most likeliest tokens that a row may ask for
     */
    public SamplingRows(int capacity, int maxTop) {
        this(
                Arena.ofShared(),
                Bounds.check("capacity", capacity, 1, ContextOptions.MAX_BATCH),
                Bounds.check("maxTop", maxTop, 0, 1 << 20));
    }

    private SamplingRows(Arena arena, int capacity, int maxTop) {
        super("block of rows", corral_row.allocateArray(capacity, arena), null);
        this.arena = arena;
        this.capacity = capacity;
        this.maxTop = maxTop;
        this.rows = super.pointer();
        this.topTokens = arena.allocate(ValueLayout.JAVA_INT, Math.max(1, (long) capacity * maxTop));
        this.topLogprobs = arena.allocate(ValueLayout.JAVA_FLOAT, Math.max(1, (long) capacity * maxTop));
        this.chains = new SamplerChain[capacity];
        this.grammars = new Grammar[capacity];
        for (int row = 0; row < capacity; row++) {
            MemorySegment struct = corral_row.asSlice(rows, row);
            corral_row.top_tokens(struct, topTokens.asSlice((long) row * maxTop * Integer.BYTES));
            corral_row.top_logprobs(struct, topLogprobs.asSlice((long) row * maxTop * Float.BYTES));
        }
    }

    public int capacity() {
        return capacity;
    }

    public int maxTop() {
        return maxTop;
    }

    /** Rows in it. */
    public int size() {
        return size;
    }

    public void clear() {
        while (size > 0) {
            size--;
            chains[size] = null;
            grammars[size] = null;
        }
    }

    /**
     * Adds a row.
     *
     * @param grammar what it constrains the choice to, or null
     * @param output the index of a token with an output in the last batch
     * @param topN how many of the likeliest tokens to report; 0 for none, and no log-probability
     * @param postSampling report probabilities among what the chain left, instead of those of the model
     * @return the row's index
     * @throws IllegalStateException when there is no room
     */
    public int add(SamplerChain chain, @Nullable Grammar grammar, int output, int topN, boolean postSampling) {
        checkOpen();
        if (size == capacity) {
            throw new IllegalStateException("all " + capacity + " rows are taken");
        }
        Bounds.check("output", output, 0, Integer.MAX_VALUE);
        Bounds.check("topN", topN, 0, maxTop);
        int row = size++;
        chains[row] = chain;
        grammars[row] = grammar;
        long at = row * ROW;
        rows.set(ValueLayout.ADDRESS, at + CHAIN, chain.pointer());
        rows.set(ValueLayout.ADDRESS, at + GRAMMAR, grammar == null ? MemorySegment.NULL : grammar.pointer());
        rows.set(ValueLayout.JAVA_INT, at + OUTPUT, output);
        rows.set(ValueLayout.JAVA_INT, at + N_TOP, topN);
        rows.set(ValueLayout.JAVA_BOOLEAN, at + POST_SAMPLING, postSampling);
        return row;
    }

    /**
     * Samples a token from each row; the chains and grammars have accepted it then. A row that fails does not stop the
     * others.
     *
     * @return how many rows failed
     */
    public int sample(Context context) {
        return sample(context, 0, size);
    }

    /**
     * Samples some of the rows, for callers that sample the next ones only if they like what these gave.
     *
     * @return how many rows failed
     */
    public int sample(Context context, int first, int count) {
        MemorySegment pointer = context.pointer();
        checkOpen();
        Bounds.check("first", first, 0, size);
        Bounds.check("count", count, 0, size - first);
        for (int row = first; row < first + count; row++) {
            NativeHandle chain = chains[row];
            NativeHandle grammar = grammars[row];
            if (chain != null) {
                chain.checkOpen();
            }
            if (grammar != null) {
                grammar.checkOpen();
            }
        }
        return Native.corral_sample(pointer, rows.asSlice(first * ROW), count);
    }

    /** The token that was sampled. */
    public int token(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + TOKEN);
    }

    /** The natural logarithm of its probability; NaN when no top tokens were asked for. */
    public float logprob(int row) {
        return rows.get(ValueLayout.JAVA_FLOAT, at(row) + LOGPROB);
    }

    /** How many likeliest tokens were found; at most as many as asked for. */
    public int topCount(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + N_TOP_FOUND);
    }

    /** The i-th likeliest token, from 0. */
    public int topToken(int row, int i) {
        return topTokens.getAtIndex(ValueLayout.JAVA_INT, topIndex(row, i));
    }

    /** The log-probability of the i-th likeliest token. */
    public float topLogprob(int row, int i) {
        return topLogprobs.getAtIndex(ValueLayout.JAVA_FLOAT, topIndex(row, i));
    }

    public boolean failed(int row) {
        return rows.get(ValueLayout.JAVA_INT, at(row) + CODE) != Native.CORRAL_OK();
    }

    /** Why a row failed; INVALID_ARGUMENT when its grammar allows nothing more. */
    public LlamaException failure(int row) {
        return new LlamaException(NativeError.code(rows.get(ValueLayout.JAVA_INT, at(row) + CODE)), message(row));
    }

    /** Why a row failed, in words. */
    public String message(int row) {
        return rows.getString(at(row) + MESSAGE);
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
