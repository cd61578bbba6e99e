package dev.corral.engine;

import java.util.List;

/**
 * A token and how likely it was.
 *
 * @param token the token's id
 * @param bytes the token's text as UTF-8 bytes, which need not be whole characters, as integers from 0 to 255
 * @param logprob natural logarithm of its probability
 * @param top the likeliest tokens at its place, likeliest first, each without a {@code top} of its own
 */
public record TokenLogprob(int token, List<Integer> bytes, double logprob, List<TokenLogprob> top) {
    public TokenLogprob {
        bytes = List.copyOf(bytes);
        top = List.copyOf(top);
    }
}
