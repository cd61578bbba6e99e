package dev.corral.engine.local.speculation;

/**
 * Guesses from a completion's tokens how they go on. Belongs to one completion; the engine thread's once that runs.
 */
public interface Drafter {

    /**
     * How much speaks for the guess: so many tokens at the end were seen before. 0 when there is no guess.
     *
     * @param tokens of which the first {@code length} count
     */
    int evidence(int[] tokens, int length);

    /**
     * Writes the guess of the last {@link #evidence} behind the tokens.
     *
     * @param most how many tokens at most; there is room for them
     * @return how many were written
     */
    int draft(int[] tokens, int length, int most);

    /** Tokens in the middle were forgotten: what was learned about positions is void. */
    void reset();
}
