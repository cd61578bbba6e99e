package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_logit_bias;
import dev.corral.ffi.llama_sampler_chain_params;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * llama.cpp's samplers in the order in which they were added, the last of which selects a token. It remembers the tokens
 * that it has seen, where a sampler needs them. Used by one thread at a time, and closed with its model at the latest.
 */
public final class SamplerChain extends NativeHandle {

    /** A seed that asks for a new random one each time. Seeds are unsigned. */
    public static final int RANDOM_SEED = -1;

    /** The most tokens that penalties may look back. */
    public static final int MAX_LAST_TOKENS = 1 << 20;

    private final Vocabulary vocabulary;

    private SamplerChain(Vocabulary vocabulary, MemorySegment pointer) {
        super("sampler chain", pointer, vocabulary.model().children());
        this.vocabulary = vocabulary;
    }

    public static Builder builder(Vocabulary vocabulary) {
        return new Builder(vocabulary);
    }

    /** Shows it tokens that it did not sample itself, such as those of the prompt. */
    public void accept(int... tokens) {
        accept(this, vocabulary, tokens);
    }

    static void accept(NativeHandle sampler, Vocabulary vocabulary, int[] tokens) {
        for (int token : tokens) {
            vocabulary.checkToken(token);
        }
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, Math.max(1, tokens.length));
            MemorySegment.copy(tokens, 0, ids, ValueLayout.JAVA_INT, 0, tokens.length);
            error.check(Native.corral_accept(sampler.pointer(), ids, tokens.length, error.segment()));
        }
    }

    /** Forgets what it has seen, and starts from its seed again. */
    public void reset() {
        Native.llama_sampler_reset(pointer());
    }

    /** One with the same samplers, memory and random state, for the caller to close. */
    public SamplerChain copy() {
        return vocabulary
                .model()
                .children()
                .add(() -> new SamplerChain(vocabulary, Native.llama_sampler_clone(pointer())));
    }

    /** The seed in use, also where a random one was asked for; {@link #RANDOM_SEED} when nothing in it is random. */
    public int seed() {
        return Native.llama_sampler_get_seed(pointer());
    }

    /** How many samplers it has. */
    public int length() {
        return Native.llama_sampler_chain_n(pointer());
    }

    @Override
    void free(MemorySegment pointer) {
        Native.llama_sampler_free(pointer);
    }

    /**
     * The samplers of a chain, one method each. Parameters are as in llama.cpp; numbers must be finite. The last one added
     * must be {@link #dist}, {@link #greedy}, {@link #mirostat}, {@link #mirostatV2} or {@link #adaptiveP}, which select a
     * token, and none before it may.
     */
    public static final class Builder {

        private static final float MAX = Float.MAX_VALUE;

        private final Vocabulary vocabulary;
        private final List<Function<Arena, MemorySegment>> samplers = new ArrayList<>();
        private boolean selects;

        private Builder(Vocabulary vocabulary) {
            this.vocabulary = vocabulary;
        }

        /**
         * Adds to the logits of tokens.
         *
         * @param biases one for each token; negative infinity forbids it
         */
        public Builder logitBias(int[] tokens, float[] biases) {
            if (tokens.length != biases.length) {
                throw new IllegalArgumentException(tokens.length + " tokens and " + biases.length + " biases");
            }
            for (int i = 0; i < tokens.length; i++) {
                vocabulary.checkToken(tokens[i]);
                Bounds.check("bias", biases[i], Float.NEGATIVE_INFINITY, MAX);
            }
            int[] ofTokens = tokens.clone();
            float[] added = biases.clone();
            return add(arena -> {
                MemorySegment entries = llama_logit_bias.allocateArray(Math.max(1, ofTokens.length), arena);
                for (int i = 0; i < ofTokens.length; i++) {
                    MemorySegment entry = llama_logit_bias.asSlice(entries, i);
                    llama_logit_bias.token(entry, ofTokens[i]);
                    llama_logit_bias.bias(entry, added[i]);
                }
                return Native.corral_sampler_logit_bias(vocabulary.size(), ofTokens.length, entries);
            });
        }

        /**
         * Penalises tokens that were seen.
         *
         * @param lastTokens how far back; 0 is off, at most {@link #MAX_LAST_TOKENS}
         * @param repeat more than 0; 1 is off
         * @param frequency for each occurrence; 0 is off
         * @param presence once; 0 is off
         * @param spared a token that is neither penalised nor counted
         */
        public Builder penalties(int lastTokens, float repeat, float frequency, float presence, OptionalInt spared) {
            Bounds.check("lastTokens", lastTokens, 0, MAX_LAST_TOKENS);
            Bounds.check("repeat", repeat, Float.MIN_NORMAL, MAX);
            Bounds.finite("frequency", frequency);
            Bounds.finite("presence", presence);
            int sparedToken = spared.isPresent() ? vocabulary.checkToken(spared.getAsInt()) : Native.LLAMA_TOKEN_NULL();
            return add(arena -> Native.corral_sampler_penalties(
                    vocabulary.size(), lastTokens, repeat, frequency, presence, sparedToken));
        }

        /** The same for all tokens alike. */
        public Builder penalties(int lastTokens, float repeat, float frequency, float presence) {
            return penalties(lastTokens, repeat, frequency, presence, OptionalInt.empty());
        }

        /**
         * DRY: penalises tokens that would go on with a repetition.
         *
         * @param multiplier 0 is off
         * @param base of the penalty's growth; less than 1 is off
         * @param allowedLength tokens that may repeat unpenalised
         * @param lastTokens how far back; 0 is off, at most {@link #MAX_LAST_TOKENS}
         * @param breakers texts across which nothing counts as a repetition
         */
        public Builder dry(float multiplier, float base, int allowedLength, int lastTokens, List<String> breakers) {
            Bounds.finite("multiplier", multiplier);
            Bounds.finite("base", base);
            Bounds.check("allowedLength", allowedLength, 0, Integer.MAX_VALUE);
            Bounds.check("lastTokens", lastTokens, 0, MAX_LAST_TOKENS);
            List<String> texts = List.copyOf(breakers);
            return add(arena -> {
                MemorySegment list = arena.allocate(ValueLayout.ADDRESS, Math.max(1, texts.size()));
                for (int i = 0; i < texts.size(); i++) {
                    list.setAtIndex(ValueLayout.ADDRESS, i, Utf8.terminated(arena, texts.get(i), "a breaker"));
                }
                return Native.corral_sampler_dry(
                        vocabulary.pointer(), multiplier, base, allowedLength, lastTokens, list, texts.size());
            });
        }

        /** Keeps the k likeliest tokens; 0 or less keeps all. */
        public Builder topK(int k) {
            return add(arena -> Native.corral_sampler_top_k(k));
        }

        /** Keeps the likeliest tokens that make up probability p together; 1 or more keeps all. */
        public Builder topP(float p, int minKeep) {
            Bounds.finite("topP", p);
            checkMinKeep(minKeep);
            return add(arena -> Native.llama_sampler_init_top_p(p, minKeep));
        }

        /** Keeps the tokens that are at least p times as likely as the likeliest; 0 or less keeps all. */
        public Builder minP(float p, int minKeep) {
            Bounds.finite("minP", p);
            checkMinKeep(minKeep);
            return add(arena -> Native.corral_sampler_min_p(p, minKeep));
        }

        /**
         * Tail-free: cuts where the probabilities, sorted, stop falling steeply. What is kept ends where their second
         * differences, normalised to a sum of 1, add up to more than z; 1 or more keeps all.
         */
        public Builder tailFree(float z, int minKeep) {
            Bounds.finite("tailFree", z);
            checkMinKeep(minKeep);
            return add(arena -> Native.corral_sampler_tail_free(z, minKeep));
        }

        /** Keeps the tokens closest to the expected surprise, up to probability p; 1 or more keeps all. */
        public Builder typical(float p, int minKeep) {
            Bounds.finite("typical", p);
            checkMinKeep(minKeep);
            return add(arena -> Native.llama_sampler_init_typical(p, minKeep));
        }

        /** Keeps the tokens within n standard deviations of the largest logit; 0 or less keeps all. */
        public Builder topNSigma(float n) {
            Bounds.finite("topNSigma", n);
            return add(arena -> Native.llama_sampler_init_top_n_sigma(n));
        }

        /**
         * Leaves out the likeliest tokens, all but the last of those above a threshold.
         *
         * @param probability of doing so; 0 is off
         * @param threshold more than 0.5 is off
         */
        public Builder xtc(float probability, float threshold, int minKeep, int seed) {
            Bounds.finite("probability", probability);
            Bounds.finite("threshold", threshold);
            checkMinKeep(minKeep);
            return add(arena -> Native.llama_sampler_init_xtc(probability, threshold, minKeep, seed));
        }

        /** Divides the logits; 0 or less leaves only the likeliest token. */
        public Builder temperature(float value) {
            return temperature(value, 0, 1);
        }

        /**
         * Divides the logits by a temperature that depends on how sure the model is.
         *
         * @param range how far it may be from {@code value}; 0 makes it {@code value} always
         * @param exponent of the normalised entropy
         */
        public Builder temperature(float value, float range, float exponent) {
            Bounds.finite("temperature", value);
            Bounds.finite("range", range);
            Bounds.finite("exponent", exponent);
            return add(arena -> Native.corral_sampler_temperature(value, range, exponent));
        }

        /** For filling in the middle: adds up the probabilities of tokens that start alike. Goes after topK and topP. */
        public Builder infill() {
            return add(arena -> Native.llama_sampler_init_infill(vocabulary.pointer()));
        }

        /** Selects a token at random, by its probability. */
        public Builder dist(int seed) {
            return select(arena -> Native.llama_sampler_init_dist(seed));
        }

        /** Selects the likeliest token. */
        public Builder greedy() {
            return select(arena -> Native.llama_sampler_init_greedy());
        }

        /**
         * Selects a token so that the text's surprise stays near tau.
         *
         * @param eta how fast it adapts
         * @param m tokens that the estimate is made from
         */
        public Builder mirostat(int seed, float tau, float eta, int m) {
            Bounds.finite("tau", tau);
            Bounds.finite("eta", eta);
            Bounds.check("m", m, 1, Integer.MAX_VALUE);
            return select(arena -> Native.llama_sampler_init_mirostat(vocabulary.size(), seed, tau, eta, m));
        }

        /** As {@link #mirostat}, by cutting off the least likely tokens. */
        public Builder mirostatV2(int seed, float tau, float eta) {
            Bounds.finite("tau", tau);
            Bounds.finite("eta", eta);
            return select(arena -> Native.llama_sampler_init_mirostat_v2(seed, tau, eta));
        }

        /**
         * Selects tokens whose probability is near a target over time.
         *
         * @param target 0 to 1; negative is off
         * @param decay of its memory, 0 to 0.99
         */
        public Builder adaptiveP(float target, float decay, int seed) {
            Bounds.check("target", target, -MAX, 1);
            Bounds.check("decay", decay, 0, 0.99f);
            return select(arena -> Native.llama_sampler_init_adaptive_p(target, decay, seed));
        }

        private static void checkMinKeep(int minKeep) {
            Bounds.check("minKeep", minKeep, 0, Integer.MAX_VALUE);
        }

        private Builder select(Function<Arena, MemorySegment> sampler) {
            add(sampler);
            selects = true;
            return this;
        }

        private Builder add(Function<Arena, MemorySegment> sampler) {
            if (selects) {
                throw new IllegalStateException("the chain already selects a token");
            }
            samplers.add(sampler);
            return this;
        }

        /**
         * Makes the chain, for the caller to close.
         *
         * @throws IllegalStateException when the last sampler does not select a token
         */
        public SamplerChain build() {
            if (!selects) {
                throw new IllegalStateException("the last sampler of a chain must select a token");
            }
            return vocabulary.model().children().add(this::make);
        }

        private SamplerChain make() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment params = Native.llama_sampler_chain_default_params(arena);
                llama_sampler_chain_params.no_perf(params, true);
                MemorySegment chain = Native.llama_sampler_chain_init(params);
                try {
                    for (Function<Arena, MemorySegment> sampler : samplers) {
                        MemorySegment made = sampler.apply(arena);
                        if (made.address() == 0) {
                            throw new OutOfMemoryError("no native memory for a sampler");
                        }
                        Native.llama_sampler_chain_add(chain, made);
                    }
                    return new SamplerChain(vocabulary, chain);
                } catch (RuntimeException | Error e) {
                    Native.llama_sampler_free(chain);
                    throw e;
                }
            }
        }
    }
}
