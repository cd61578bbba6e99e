package dev.corral.engine;

/**
 * Which probabilities to report with each token.
 *
 * @param top how many of the likeliest tokens; 0 reports nothing
 * @param postSampling probabilities among the tokens that the samplers left, instead of the model's own
 * @param prompt report those of the prompt's tokens as well, in one {@link Event.PromptLogprobs}, always the model's own;
 *     and that of the token that ends a text, which is no part of the text and otherwise not reported
 */
public record Logprobs(int top, boolean postSampling, boolean prompt) {

    public static final Range TOP = Range.of(0, 1000);
    public static final Logprobs NONE = new Logprobs(0, false, false);

    public Logprobs {
        TOP.check("logprobs", top);
    }

    public Logprobs(int top, boolean postSampling) {
        this(top, postSampling, false);
    }

    public static Logprobs top(int count) {
        return new Logprobs(count, false);
    }

    /** The same, with those of the prompt's tokens. */
    public Logprobs withPrompt() {
        return new Logprobs(top, postSampling, true);
    }
}
