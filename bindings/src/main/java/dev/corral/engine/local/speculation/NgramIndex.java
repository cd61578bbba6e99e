package dev.corral.engine.local.speculation;

import java.util.Arrays;

/**
 * Prompt lookup: drafts what followed the newest tokens when they appeared before. The places where each run of
 * {@code n} tokens ended are chained by a hash of it, newest first, and the longest match among the newest of them wins.
 *
 * <p>A new token costs the same however long the text is. Memory is at most 16 bytes a token, and grows as they do.
 */
final class NgramIndex implements Drafter {

    private static final int LONGEST_MATCH = 64;
    private static final int CANDIDATES = 16;
    private static final int NONE = -1;

    private final int n;
    private int[] newest;
    private int[] previous;
    private int indexed;
    private int source;

    /**
     * @param n the shortest match
     * @param capacity tokens to make room for; more may come
     */
    NgramIndex(int n, int capacity) {
        this.n = n;
        int size = Math.max(256, Integer.highestOneBit(Math.max(1, capacity - 1)) << 1);
        newest = emptyTable(size);
        previous = new int[size];
    }

    private static int[] emptyTable(int size) {
        int[] table = new int[size];
        Arrays.fill(table, NONE);
        return table;
    }

    @Override
    public int evidence(int[] tokens, int length) {
        index(tokens, length);
        int longest = 0;
        if (length > n) {
            int candidate = previous[length - 1];
            for (int i = 0; i < CANDIDATES && candidate != NONE && longest < LONGEST_MATCH; i++) {
                int matched = commonEnd(tokens, candidate, length - 1);
                if (matched >= n && matched > longest) {
                    longest = matched;
                    source = candidate + 1;
                }
                candidate = previous[candidate];
            }
        }
        return longest;
    }

    /** A draft that reaches its own beginning goes on with itself: what repeats is drafted at any length. */
    @Override
    public int draft(int[] tokens, int length, int most) {
        for (int i = 0; i < most; i++) {
            tokens[length + i] = tokens[source + i];
        }
        return most;
    }

    @Override
    public void reset() {
        Arrays.fill(newest, NONE);
        indexed = 0;
    }

    /** Takes in tokens ahead of the first look, so that a long prompt is not read on the engine thread. */
    void index(int[] tokens, int length) {
        if (length > previous.length) {
            grow(length);
        }
        for (; indexed < length; indexed++) {
            previous[indexed] = NONE;
            if (indexed >= n - 1) {
                int slot = slot(tokens, indexed);
                previous[indexed] = newest[slot];
                newest[slot] = indexed;
            }
        }
    }

    private void grow(int length) {
        int size = Integer.highestOneBit(length - 1) << 1;
        newest = emptyTable(size);
        previous = new int[size];
        indexed = 0;
    }

    /** Where the run of n tokens that ends at {@code last} is chained. */
    private int slot(int[] tokens, int last) {
        int hash = 0;
        for (int i = last - n + 1; i <= last; i++) {
            hash = (hash ^ tokens[i]) * 0x9E3779B1;
            hash ^= hash >>> 15;
        }
        return hash & (newest.length - 1);
    }

    private static int commonEnd(int[] tokens, int one, int other) {
        int most = Math.min(one + 1, LONGEST_MATCH);
        int count = 0;
        while (count < most && tokens[one - count] == tokens[other - count]) {
            count++;
        }
        return count;
    }
}
