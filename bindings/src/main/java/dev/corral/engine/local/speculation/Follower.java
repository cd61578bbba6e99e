package dev.corral.engine.local.speculation;

import dev.corral.engine.local.cache.Sequence;

/**
 * What a {@link DraftModel} holds of one text, and the draft that it makes for it.
 *
 * <p>Ownership: the draft model's, which changes it and releases its sequence. The engine thread's.
 */
final class Follower {

    final Draftable text;
    final Sequence sequence;
    private final int shifts;

    /** How many tokens to draft in this step; 0 when none are asked for. */
    int wanted;

    /** Below this, a token is not drafted. */
    double leastLogprob;

    /** Tokens of the text that this step reads. */
    int reading;

    /** Tokens drafted so far in this step. */
    int drafted;

    /** Drafted tokens that are in the draft model's cache and not yet accepted. */
    int ahead;

    /** The row that its next token is sampled in, or -1 when its draft is at its end. */
    int row;

    Follower(Draftable text, Sequence sequence) {
        this.text = text;
        this.sequence = sequence;
        this.shifts = text.shifts();
    }

    /** Whether the text still runs, with the tokens that were read. */
    boolean isCurrent() {
        return text.isRunning() && text.shifts() == shifts;
    }

    int pending() {
        return text.length() - sequence.length();
    }

    /** Whether the pending tokens are in a vocabulary of this size: those that only the larger model has can't be read. */
    boolean isWithin(int vocabularySize) {
        int[] tokens = text.tokens();
        for (int i = sequence.length(); i < text.length(); i++) {
            if (tokens[i] >= vocabularySize) {
                return false;
            }
        }
        return true;
    }

    boolean isDrafting() {
        return row >= 0 && drafted < wanted;
    }

    /** Adds a token to the draft. */
    void take(int token) {
        text.roomFor(wanted)[text.length() + drafted] = token;
        drafted++;
        row = 0;
    }
}
