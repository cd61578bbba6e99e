package dev.corral.server.easylm;

import dev.corral.engine.Range;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search;

/**
 * How texts are generated, other than those that are greedy anyway.
 *
 * @param temperature where a request names none
 * @param sample false always takes the likeliest token
 * @param beams for a beam search; 1 for none
 * @param seed of the first text; each gets another, so that the same requests to the same server have the same answers
 */
public record Decoding(double temperature, int topK, double topP, boolean sample, int beams, long seed) {

    public static final Decoding STANDARD = new Decoding(1, 50, 1, true, 1, 42);

    /** A temperature below this is none. */
    private static final double COLD = 1e-8;

    public Decoding {
        temperatures().check("easylm-default-temperature", temperature);
        Sampling.TOP_K.check("easylm-top-k", topK);
        Sampling.PROBABILITY.check("easylm-top-p", topP);
        Range.of(1, Search.Beams.COUNT.max()).check("easylm-num-beams", beams);
        Sampling.SEED.check("easylm-seed", (double) seed);
    }

    /** What a temperature may be. */
    static Range temperatures() {
        return Range.of(0, Sampling.TEMPERATURE.max());
    }

    Sampling sampling(double asked, long seedOfText) {
        return Sampling.huggingFace().toBuilder()
                .temperature(sample && asked > COLD ? asked : 0)
                .topK(topK)
                .topP(topP)
                .seed(seedOfText)
                .build();
    }

    Search search() {
        return beams == 1 ? Search.EACH : new Search.Beams(beams, 1, Search.EarlyStopping.ESTIMATED, sample);
    }
}
