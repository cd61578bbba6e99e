package dev.corral.engine.local.model;

import dev.corral.engine.InvalidRequestException;
import dev.corral.llama.Model;
import dev.corral.llama.Rope;
import dev.corral.llama.RopeScaling;
import dev.corral.llama.RopeType;
import java.util.Map;

/**
 * NTK-aware scaling: the base of the rotations' frequencies grows by alpha^(d/(d-2)), where d is the number of rotated
 * dimensions. High frequencies, which tell neighbours apart, stay nearly as they are; the lowest is divided by alpha.
 */
final class NtkScaling {

    private static final double BASE = 10_000;
    private static final int LEAST_DIMENSIONS = 4;

    private NtkScaling() {}

    /**
     * @param alpha 1 leaves everything as the model says
     * @throws InvalidRequestException when the model's positions can't be scaled
     */
    static Rope of(double alpha, Model model) {
        if (alpha == 1) {
            return Rope.FROM_MODEL;
        }
        Map<String, String> metadata = model.metadata();
        String prefix = metadata.getOrDefault("general.architecture", "") + ".rope.";
        double dimensions = number(metadata, prefix + "dimension_count", headSize(model));
        if (model.ropeType() == RopeType.NONE || dimensions < LEAST_DIMENSIONS) {
            throw new InvalidRequestException("alpha", Double.toString(alpha), "needs a model with rotary positions");
        }
        double base = number(metadata, prefix + "freq_base", BASE);
        return new Rope(RopeScaling.UNSPECIFIED, (float) frequencyBase(base, alpha, dimensions), 0, -1, -1, -1, -1, 0);
    }

    static double frequencyBase(double base, double alpha, double dimensions) {
        return base * Math.pow(alpha, dimensions / (dimensions - 2));
    }

    private static double headSize(Model model) {
        return model.heads() == 0 ? 0 : (double) model.embeddingSize() / model.heads();
    }

    private static double number(Map<String, String> metadata, String key, double otherwise) {
        String value = metadata.get(key);
        if (value == null) {
            return otherwise;
        }
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            return otherwise; // one number for each layer
        }
    }
}
