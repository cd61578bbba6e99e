package dev.corral.engine;

/**
 * Which probabilities to report with each token.
 *
 * @param top how many of the likeliest tokens; 0 reports nothing
 * @param postSampling probabilities among the tokens that the samplers left, instead of the model's own
 */
public record Logprobs(int top, boolean postSampling) {

    public static final Range TOP = Range.of(0, 1000);
    public static final Logprobs NONE = new Logprobs(0, false);

    public Logprobs {
        TOP.check("logprobs", top);
    }

    public static Logprobs top(int count) {
        return new Logprobs(count, false);
    }
}
