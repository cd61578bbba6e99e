package dev.corral.engine.local.cache;

import dev.corral.engine.local.media.MediaTokens;
import org.jspecify.annotations.Nullable;

/**
 * What one sequence holds of a {@link PrefixTree}: the tokens from the root to its tip. Changed only by the tree.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class PrefixPath {

    private final PrefixSpace space;
    private final int sequence;

    /** The node that it ends with. */
    PrefixNode tip;

    private int length;

    /** Tokens of it that leave the position where it is. */
    private int still;

    PrefixPath(PrefixSpace space, int sequence, PrefixNode tip, int length, int still) {
        this.space = space;
        this.sequence = sequence;
        this.tip = tip;
        this.length = length;
        this.still = still;
    }

    /** Where it can be found. */
    PrefixSpace space() {
        return space;
    }

    /** The sequence id in the KV cache. */
    int sequence() {
        return sequence;
    }

    /** Tokens from the root to the tip. */
    int length() {
        return length;
    }

    /** The position of its next token. */
    int position() {
        return length - still;
    }

    /** The position of a token of it. */
    int positionAt(int place) {
        return still == 0 ? place : place - MediaTokens.still(tokens(), 0, place);
    }

    /** Its tokens, copied. */
    int[] tokens() {
        int[] all = new int[length];
        int end = length;
        for (@Nullable PrefixNode node = tip; node != null; node = node.parent()) {
            node.copyTokens(all, end);
            end -= node.length();
        }
        return all;
    }

    void append(int[] tokens, int offset, int count) {
        tip = tip.append(this, tokens, offset, count);
        length += count;
        still += MediaTokens.still(tokens, offset, count);
    }

    void clear() {
        tip = PrefixNode.root();
        length = 0;
        still = 0;
    }

    void checkInvariants() {
        int depth = 0;
        for (@Nullable PrefixNode above = tip; above != null; above = above.parent()) {
            depth += above.length();
        }
        if (length != depth) {
            throw new IllegalStateException("a path of " + length + " tokens ends at " + depth);
        }
        if (still != MediaTokens.still(tokens(), 0, length)) {
            throw new IllegalStateException("a path of " + length + " tokens has its end at position " + position());
        }
    }
}
