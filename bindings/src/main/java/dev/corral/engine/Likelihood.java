package dev.corral.engine;

import java.util.List;

/**
 * How likely a given run of tokens is after what came before it, by the model's raw logits: natural logarithms, at
 * temperature 1, without biases or penalties.
 *
 * @param logLikelihood the sum of {@code logprobs}; 0 for no tokens
 * @param greedy whether every token is the likeliest at its place, so that a greedy text would have been this one
 * @param tokens the tokens that were scored
 * @param logprobs one a token
 */
public record Likelihood(double logLikelihood, boolean greedy, Tokens tokens, List<Double> logprobs) {
    public Likelihood {
        logprobs = List.copyOf(logprobs);
    }
}
