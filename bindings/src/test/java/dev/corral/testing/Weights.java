package dev.corral.testing;

import java.util.Random;

/**
 * Normally distributed weights. A tensor's depend on the seed and on its name alone, so that models with a tensor in
 * common have the same one.
 */
final class Weights {
    private final long seed;
    private final float drift;

    Weights(long seed, float drift) {
        this.seed = seed;
        this.drift = drift;
    }

    float[] around(float mean, float deviation, String name, int count) {
        float[] values = new float[count];
        Random random = random(name);
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        if (drift > 0) {
            Random stray = random(name + " drift");
            float kept = (float) Math.sqrt(1 - drift * drift);
            for (int i = 0; i < count; i++) {
                values[i] = kept * values[i] + drift * (float) stray.nextGaussian();
            }
        }
        for (int i = 0; i < count; i++) {
            values[i] = mean + deviation * values[i];
        }
        return values;
    }

    private Random random(String name) {
        return new Random(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    }
}
