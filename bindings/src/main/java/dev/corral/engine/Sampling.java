package dev.corral.engine;

import java.util.List;

/**
 * How the next token is chosen from the model's logits. Names, meanings and defaults are llama.cpp's.
 *
 * @param samplers the order in which samplers are applied; those left out are not
 * @param temperature 0 or less picks the likeliest token
 * @param dynamic temperature by the entropy of the logits
 * @param topK keep the k likeliest; 0 or less keeps all
 * @param topP keep the likeliest tokens whose probabilities add up to p; 1 keeps all
 * @param minP keep tokens at least p times as likely as the likeliest; 0 keeps all
 * @param tailFree keep tokens up to where the sorted probabilities level off, z of their curvature; 1 keeps all
 * @param typicalP keep the most typical tokens up to probability p; 1 keeps all
 * @param topNSigma keep logits within n standard deviations of the largest; negative or 0 keeps all
 * @param minKeep samplers that remove tokens leave at least so many
 * @param seed of the random choice; {@link #RANDOM_SEED} for a new one each time
 * @param logitBias added to logits before anything else
 * @param ignoreEos never end the text by a token
 */
public record Sampling(
        List<SamplerKind> samplers,
        double temperature,
        DynamicTemperature dynamic,
        int topK,
        double topP,
        double minP,
        double tailFree,
        double typicalP,
        double topNSigma,
        Xtc xtc,
        Penalties penalties,
        Dry dry,
        Mirostat mirostat,
        AdaptiveP adaptive,
        int minKeep,
        long seed,
        List<LogitBias> logitBias,
        boolean ignoreEos) {

    /** As unsigned 32 bits; -1 means the same. */
    public static final long RANDOM_SEED = 0xFFFF_FFFFL;

    public static final Range TEMPERATURE = Range.of(-100, 100);
    public static final Range TOP_K = Range.atLeast(-1);
    public static final Range PROBABILITY = Range.of(0, 1);
    public static final Range TOP_N_SIGMA = Range.of(-1, 100);
    public static final Range MIN_KEEP = Range.atLeast(0);
    public static final Range SEED = Range.of(-1, RANDOM_SEED);
    public static final int MAX_LOGIT_BIASES = 4096;

    public Sampling {
        samplers = List.copyOf(samplers);
        logitBias = List.copyOf(logitBias);
        TEMPERATURE.check("temperature", temperature);
        TOP_K.check("top_k", topK);
        PROBABILITY.check("top_p", topP);
        PROBABILITY.check("min_p", minP);
        PROBABILITY.check("tfs_z", tailFree);
        PROBABILITY.check("typical_p", typicalP);
        TOP_N_SIGMA.check("top_n_sigma", topNSigma);
        MIN_KEEP.check("min_keep", minKeep);
        SEED.check("seed", (double) seed);
        seed = seed == -1 ? RANDOM_SEED : seed;
        if (logitBias.size() > MAX_LOGIT_BIASES) {
            throw new InvalidRequestException(
                    "logit_bias", logitBias.size() + " entries", "must have at most " + MAX_LOGIT_BIASES);
        }
    }

    /** Dynamic temperature: within {@code range} of the temperature, by entropy to the power of {@code exponent}. */
    public record DynamicTemperature(double range, double exponent) {
        public static final Range RANGE = Range.of(0, 100);
        public static final Range EXPONENT = Range.of(0, 100);
        public static final DynamicTemperature OFF = new DynamicTemperature(0, 1);

        public DynamicTemperature {
            RANGE.check("dynatemp_range", range);
            EXPONENT.check("dynatemp_exponent", exponent);
        }
    }

    /** Exclude top choices: with {@code probability}, drop all but the least of the tokens above {@code threshold}. */
    public record Xtc(double probability, double threshold) {
        public static final Xtc OFF = new Xtc(0, 0.1);

        public Xtc {
            PROBABILITY.check("xtc_probability", probability);
            PROBABILITY.check("xtc_threshold", threshold);
        }
    }

    /**
     * Penalties on tokens seen before.
     *
     * @param lastN how many tokens back they look; 0 turns them off, -1 means the whole context
     * @param repeat divides positive logits and multiplies negative ones; 1 is off
     * @param frequency subtracted once for each occurrence
     * @param presence subtracted once
     * @param newline whether line breaks are penalized, too; without it they are not counted, either
     */
    public record Penalties(int lastN, double repeat, double frequency, double presence, boolean newline) {
        public static final Range LAST_N = Range.atLeast(-1);
        public static final Range REPEAT = Range.of(0.01, 100);
        public static final Range FREQUENCY = Range.of(-100, 100);
        public static final Range PRESENCE = Range.of(-100, 100);
        public static final Penalties OFF = new Penalties(64, 1, 0, 0);

        public Penalties {
            LAST_N.check("repeat_last_n", lastN);
            REPEAT.check("repeat_penalty", repeat);
            FREQUENCY.check("frequency_penalty", frequency);
            PRESENCE.check("presence_penalty", presence);
        }

        /** On all tokens alike. */
        public Penalties(int lastN, double repeat, double frequency, double presence) {
            this(lastN, repeat, frequency, presence, true);
        }
    }

    /**
     * Don't repeat yourself: a token that would continue an earlier run of tokens is penalised by {@code multiplier *
     * base ^ (length - allowedLength)}.
     *
     * @param multiplier 0 is off
     * @param lastN how many tokens back it looks; 0 turns it off, -1 means the whole context
     * @param breakers strings across which no run continues
     */
    public record Dry(double multiplier, double base, int allowedLength, int lastN, List<String> breakers) {
        public static final Range MULTIPLIER = Range.of(0, 100);
        public static final Range BASE = Range.of(0, 100);
        public static final Range ALLOWED_LENGTH = Range.atLeast(0);
        public static final Range LAST_N = Range.atLeast(-1);
        public static final int MAX_BREAKERS = 256;
        public static final Dry OFF = new Dry(0, 1.75, 2, 64, List.of("\n", ":", "\"", "*"));

        public Dry {
            breakers = List.copyOf(breakers);
            MULTIPLIER.check("dry_multiplier", multiplier);
            BASE.check("dry_base", base);
            ALLOWED_LENGTH.check("dry_allowed_length", allowedLength);
            LAST_N.check("dry_penalty_last_n", lastN);
            if (breakers.size() > MAX_BREAKERS) {
                throw new InvalidRequestException(
                        "dry_sequence_breakers", breakers.size() + " strings", "must have at most " + MAX_BREAKERS);
            }
            for (String breaker : breakers) {
                if (breaker.indexOf('\0') >= 0) {
                    throw new InvalidRequestException("dry_sequence_breakers", breaker, "must have no NUL character");
                }
            }
        }
    }

    /** Mirostat keeps the surprise of the text at {@code tau}; it replaces all samplers but the temperature. */
    public record Mirostat(int version, double tau, double eta) {
        public static final Range VERSION = Range.of(0, 2);
        public static final Range TAU = Range.of(0, 100);
        public static final Range ETA = Range.of(0, 1);
        public static final Mirostat OFF = new Mirostat(0, 5, 0.1);

        public Mirostat {
            VERSION.check("mirostat", version);
            TAU.check("mirostat_tau", tau);
            ETA.check("mirostat_eta", eta);
        }
    }

    /** Adaptive-p keeps the probability of chosen tokens near {@code target} over time; negative is off. */
    public record AdaptiveP(double target, double decay) {
        public static final Range TARGET = Range.of(-1, 1);
        public static final Range DECAY = Range.of(0, 0.99);
        public static final AdaptiveP OFF = new AdaptiveP(-1, 0.9);

        public AdaptiveP {
            TARGET.check("adaptive_target", target);
            DECAY.check("adaptive_decay", decay);
        }
    }

    /** A number added to the logit of a token. */
    public sealed interface LogitBias {
        Range BIAS = Range.of(-Float.MAX_VALUE, Float.MAX_VALUE);

        /** {@link Double#NEGATIVE_INFINITY} bans the token. */
        double bias();

        /** One token by its id. */
        record OfToken(int token, double bias) implements LogitBias {}

        /** Every token of a text. */
        record OfText(String text, double bias) implements LogitBias {}
    }

    /** True when the likeliest token is always chosen, whatever the other samplers say. */
    public boolean greedy() {
        return temperature <= 0 && mirostat.version() == 0;
    }

    /** llama.cpp's defaults. */
    public static Sampling defaults() {
        return builder().build();
    }

    /**
     * What Hugging Face's generate() does when it samples and nothing else is asked for: its order, temperature 1, the 50
     * likeliest tokens, and penalties, once they are set, on all tokens before.
     */
    public static Sampling huggingFace() {
        return builder()
                .samplers(SamplerKind.HUGGING_FACE_ORDER)
                .temperature(1)
                .topK(50)
                .topP(1)
                .minP(0)
                .penalties(new Penalties(-1, 1, 0, 0))
                .build();
    }

    /** Always the likeliest token. */
    public static Sampling greedySampling() {
        return builder().temperature(0).build();
    }

    public static SamplingBuilder builder() {
        return new SamplingBuilder();
    }

    public SamplingBuilder toBuilder() {
        return new SamplingBuilder(this);
    }
}
