package dev.corral.engine;

/**
 * How tokens are drafted that the model then checks together, in one step. What is drafted never changes what is
 * generated, only how fast: each token is still the one that sampling chooses after those before it.
 *
 * <p>Models whose memory can't be cut back to the last accepted token draft nothing, whatever is asked for.
 *
 * @param lookup drafts from what followed the last tokens when they appeared before
 * @param draftModel drafts of the smaller model that the engine was opened with, where lookup finds nothing
 * @param adaptive draft only as much as should pay by what drafts have cost and how they fared; otherwise always as much
 *     as allowed
 */
public record Speculation(Lookup lookup, DraftModel draftModel, boolean adaptive) {

    /** The most tokens that a step drafts for one completion. */
    public static final int MAX_TOKENS = 63;

    public static final Speculation OFF = new Speculation(Lookup.OFF, DraftModel.OFF, true);

    /** Lookup, and the draft model where there is one, as far as they pay. */
    public static final Speculation ADAPTIVE = new Speculation(Lookup.ON, DraftModel.ON, true);

    /**
     * Prompt lookup: where the newest tokens have appeared before in prompt or output, what followed them is the draft.
     *
     * @param matchTokens how many of the newest tokens must have appeared, at least; the longest match is used
     * @param maxTokens the most tokens to draft; 0 turns it off
     */
    public record Lookup(int matchTokens, int maxTokens) {
        public static final Range MATCH = Range.of(1, 1024);
        public static final Range MAX = Range.of(0, 1024);
        public static final Lookup ON = new Lookup(3, MAX_TOKENS);
        public static final Lookup OFF = new Lookup(3, 0);

        public Lookup {
            MATCH.check("speculative.ngram_size_n", matchTokens);
            MAX.check("speculative.ngram_size_m", maxTokens);
        }

        public boolean isOn() {
            return maxTokens > 0;
        }
    }

    /**
     * Drafts of a smaller model.
     *
     * @param minTokens a shorter draft is not used
     * @param maxTokens the most tokens to draft; 0 turns it off
     * @param minProbability a draft ends before a token that the draft model finds less likely
     */
    public record DraftModel(int minTokens, int maxTokens, double minProbability) {
        public static final Range MIN = Range.of(0, 1024);
        public static final Range MAX = Range.of(0, 1024);
        public static final Range PROBABILITY = Range.of(0, 1);
        public static final DraftModel ON = new DraftModel(0, 16, 0.5);
        public static final DraftModel OFF = new DraftModel(0, 0, 0.5);

        public DraftModel {
            MIN.check("speculative.n_min", minTokens);
            MAX.check("speculative.n_max", maxTokens);
            PROBABILITY.check("speculative.p_min", minProbability);
        }

        public boolean isOn() {
            return maxTokens > 0;
        }
    }

    public boolean isOn() {
        return lookup.isOn() || draftModel.isOn();
    }

    public Speculation with(Lookup newLookup) {
        return new Speculation(newLookup, draftModel, adaptive);
    }

    public Speculation with(DraftModel newDraftModel) {
        return new Speculation(lookup, newDraftModel, adaptive);
    }

    public Speculation adaptive(boolean on) {
        return new Speculation(lookup, draftModel, on);
    }
}
