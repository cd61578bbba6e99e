package dev.corral.engine.local.sampling;

import dev.corral.engine.SamplerKind;
import dev.corral.engine.Sampling;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.Vocabulary;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Builds llama.cpp's sampler chain for a request: biases, then the samplers in their order, then the choice. Samplers
 * that would change nothing are left out. Thread-safe.
 */
public final class SamplerChains {

    private final Vocabulary vocabulary;
    private final int contextSize;
    private final int[] endOfGeneration;

    public SamplerChains(Vocabulary vocabulary, int contextSize) {
        this.vocabulary = vocabulary;
        this.contextSize = contextSize;
        this.endOfGeneration = IntStream.range(0, vocabulary.size())
                .filter(vocabulary::isEndOfGeneration)
                .toArray();
    }

    /**
     * A chain that has seen the prompt.
     *
     * @param biases by token, added to what the request and the model ask for
     * @param index of the completion among those of its request; each has its own seed
     */
    public SamplerChain build(Sampling sampling, Map<Integer, Float> biases, int[] prompt, int index) {
        SamplerChain.Builder chain = SamplerChain.builder(vocabulary);
        addBiases(chain, sampling, biases);
        int seed = seed(sampling, index);
        if (sampling.mirostat().version() != 0) {
            addMirostat(chain, sampling, seed);
        } else if (sampling.greedy() && keepsTheLikeliest(sampling)) {
            sampling.samplers().stream()
                    .filter(SamplerChains::rewards)
                    .forEach(kind -> add(chain, kind, sampling, seed));
            chain.greedy();
        } else {
            sampling.samplers().forEach(kind -> add(chain, kind, sampling, seed));
            if (sampling.samplers().contains(SamplerKind.ADAPTIVE_P)
                    && sampling.adaptive().target() >= 0) {
                chain.adaptiveP(
                        (float) sampling.adaptive().target(),
                        (float) sampling.adaptive().decay(),
                        seed);
            } else {
                chain.dist(seed);
            }
        }
        SamplerChain built = chain.build();
        built.accept(seenByPenalties(sampling, prompt));
        return built;
    }

    /** The tokens that end a text. */
    public int[] endOfGeneration() {
        return endOfGeneration;
    }

    private void addBiases(SamplerChain.Builder chain, Sampling sampling, Map<Integer, Float> biases) {
        Map<Integer, Float> all = new LinkedHashMap<>(biases);
        for (int token : vocabulary.suppressedTokens()) {
            all.put(token, Float.NEGATIVE_INFINITY);
        }
        if (sampling.ignoreEos()) {
            for (int token : endOfGeneration) {
                all.put(token, Float.NEGATIVE_INFINITY);
            }
        }
        if (all.isEmpty()) {
            return;
        }
        int[] tokens = new int[all.size()];
        float[] values = new float[all.size()];
        int next = 0;
        for (Map.Entry<Integer, Float> bias : all.entrySet()) {
            tokens[next] = bias.getKey();
            values[next++] = bias.getValue();
        }
        chain.logitBias(tokens, values);
    }

    private static void addMirostat(SamplerChain.Builder chain, Sampling sampling, int seed) {
        chain.temperature((float) sampling.temperature(), 0, 1);
        float tau = (float) sampling.mirostat().tau();
        float eta = (float) sampling.mirostat().eta();
        if (sampling.mirostat().version() == 1) {
            chain.mirostat(seed, tau, eta, 100);
        } else {
            chain.mirostatV2(seed, tau, eta);
        }
    }

    /** At temperature 0 only samplers that can drop or lower the likeliest token make a difference. */
    private static boolean keepsTheLikeliest(Sampling sampling) {
        return sampling.samplers().contains(SamplerKind.TEMPERATURE)
                && !sampling.samplers().contains(SamplerKind.INFILL)
                && !(sampling.samplers().contains(SamplerKind.ADAPTIVE_P)
                        && sampling.adaptive().target() >= 0)
                && (sampling.xtc().probability() == 0 || !sampling.samplers().contains(SamplerKind.XTC))
                && (sampling.typicalP() >= 1 || !sampling.samplers().contains(SamplerKind.TYPICAL_P));
    }

    private static boolean rewards(SamplerKind kind) {
        return kind == SamplerKind.PENALTIES || kind == SamplerKind.DRY;
    }

    private void add(SamplerChain.Builder chain, SamplerKind kind, Sampling sampling, int seed) {
        int minKeep = sampling.minKeep();
        switch (kind) {
            case PENALTIES -> addPenalties(chain, sampling.penalties());
            case DRY -> addDry(chain, sampling.dry());
            case TOP_N_SIGMA -> {
                if (sampling.topNSigma() > 0) {
                    chain.topNSigma((float) sampling.topNSigma());
                }
            }
            case TOP_K -> {
                if (sampling.topK() > 0) {
                    chain.topK(sampling.topK());
                }
            }
            case TAIL_FREE -> {
                if (sampling.tailFree() < 1) {
                    chain.tailFree((float) sampling.tailFree(), minKeep);
                }
            }
            case TYPICAL_P -> {
                if (sampling.typicalP() < 1) {
                    chain.typical((float) sampling.typicalP(), minKeep);
                }
            }
            case TOP_P -> {
                if (sampling.topP() < 1) {
                    chain.topP((float) sampling.topP(), minKeep);
                }
            }
            case MIN_P -> {
                if (sampling.minP() > 0) {
                    chain.minP((float) sampling.minP(), minKeep);
                }
            }
            case XTC -> {
                if (sampling.xtc().probability() > 0) {
                    Sampling.Xtc xtc = sampling.xtc();
                    chain.xtc((float) xtc.probability(), (float) xtc.threshold(), minKeep, seed);
                }
            }
            case TEMPERATURE ->
                chain.temperature(
                        (float) sampling.temperature(),
                        (float) sampling.dynamic().range(),
                        (float) sampling.dynamic().exponent());
            case INFILL -> chain.infill();
            case ADAPTIVE_P -> {
                // chooses the token itself, so it ends the chain wherever it stands in the order
            }
        }
    }

    private void addPenalties(SamplerChain.Builder chain, Sampling.Penalties penalties) {
        boolean neutral = penalties.repeat() == 1 && penalties.frequency() == 0 && penalties.presence() == 0;
        if (!neutral && penalties.lastN() != 0) {
            chain.penalties(
                    lookback(penalties.lastN()),
                    (float) penalties.repeat(),
                    (float) penalties.frequency(),
                    (float) penalties.presence(),
                    penalties.newline() ? OptionalInt.empty() : vocabulary.nl());
        }
    }

    private void addDry(SamplerChain.Builder chain, Sampling.Dry dry) {
        if (dry.multiplier() > 0 && dry.base() >= 1 && dry.lastN() != 0) {
            chain.dry(
                    (float) dry.multiplier(),
                    (float) dry.base(),
                    dry.allowedLength(),
                    lookback(dry.lastN()),
                    dry.breakers());
        }
    }

    private int lookback(int lastN) {
        return lastN < 0 ? contextSize : Math.min(lastN, contextSize);
    }

    private int[] seenByPenalties(Sampling sampling, int[] prompt) {
        int lookback = Math.max(
                lookback(sampling.penalties().lastN()), lookback(sampling.dry().lastN()));
        int count = Math.min(prompt.length, lookback);
        return Arrays.copyOfRange(prompt, prompt.length - count, prompt.length);
    }

    private static int seed(Sampling sampling, int index) {
        return sampling.seed() == Sampling.RANDOM_SEED
                ? ThreadLocalRandom.current().nextInt()
                : (int) sampling.seed() + index;
    }
}
