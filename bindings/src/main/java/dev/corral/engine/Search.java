package dev.corral.engine;

/** How the completions of a request are found. */
public sealed interface Search {

    /** Each by itself, token by token. */
    Search EACH = new Each();

    /** Each by itself, token by token. */
    record Each() implements Search {}

    /**
     * The best of several: more are generated than asked for, and those with the highest mean log-probability a token are
     * reported, best first, once all have ended.
     *
     * @param candidates how many are generated
     */
    record BestOf(int candidates) implements Search {
        public BestOf {
            Generate.COMPLETIONS.check("best_of", candidates);
        }
    }

    /**
     * Beam search, as Hugging Face's transformers define it. The best of what it finds are reported, best first, at its
     * end. A text's score is the sum of its tokens' log-probabilities, the end token's included, divided by their number
     * to the power of {@code lengthPenalty}. The prompt does not count.
     *
     * @param count beams that are kept at each step, each in a slot of its own
     * @param lengthPenalty above 0 favours long texts, below 0 short ones
     * @param earlyStopping when to end
     * @param sampled draw the candidates of each step, without repetition, instead of taking the likeliest; temperature,
     *     top-k, top-p and min-p hold for it then
     */
    record Beams(int count, double lengthPenalty, EarlyStopping earlyStopping, boolean sampled) implements Search {
        public static final Range COUNT = Range.of(1, 64);
        public static final Range LENGTH_PENALTY = Range.of(-100, 100);

        public Beams {
            COUNT.check("num_beams", count);
            LENGTH_PENALTY.check("length_penalty", lengthPenalty);
        }

        public static Beams of(int count) {
            return new Beams(count, 1, EarlyStopping.ESTIMATED, false);
        }
    }

    /** When a beam search ends that has found as many texts as it has beams. */
    enum EarlyStopping {
        /** At once. */
        AT_ONCE,
        /** When the best beam, were it to end now, would not be better than the worst of them. */
        ESTIMATED,
        /** When no beam can become better than the worst of them. */
        NEVER
    }
}
