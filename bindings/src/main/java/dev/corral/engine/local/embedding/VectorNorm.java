package dev.corral.engine.local.embedding;

import java.util.Arrays;

/** Normalization of embeddings, by llama.cpp's numbers for it. */
final class VectorNorm {

    private static final int NONE = -1;
    private static final int MAXIMUM = 0;
    private static final double MAXIMUM_BECOMES = 32_760;

    private VectorNorm() {}

    /**
     * The first {@code length} numbers of a vector, normalized; a vector of zeros stays one.
     *
     * @param norm see {@link dev.corral.engine.Query.Embed}
     */
    static float[] normalized(float[] vector, int length, int norm) {
        float[] result = Arrays.copyOf(vector, length);
        double size = size(result, norm);
        if (norm != NONE && size > 0) {
            for (int i = 0; i < length; i++) {
                result[i] = (float) (result[i] / size);
            }
        }
        return result;
    }

    private static double size(float[] vector, int norm) {
        double max = 0;
        for (float number : vector) {
            max = Math.max(max, Math.abs(number));
        }
        if (norm == MAXIMUM) {
            return max / MAXIMUM_BECOMES;
        }
        if (max == 0 || norm == NONE) {
            return max;
        }
        double sum = 0;
        for (float number : vector) {
            double part = Math.abs(number) / max; // high powers of small numbers vanish otherwise
            sum += switch (norm) {
                case 1 -> part;
                case 2 -> part * part;
                default -> Math.pow(part, norm);
            };
        }
        return max * Math.pow(sum, 1.0 / norm);
    }
}
