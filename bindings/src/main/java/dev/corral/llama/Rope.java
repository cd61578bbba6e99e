package dev.corral.llama;

/**
 * How positions are turned into rotations, for contexts longer than a model was trained on.
 *
 * @param frequencyBase 0 means the model's
 * @param frequencyScale factor of the frequencies, 1/4 for four times the context; 0 means the model's
 * @param yarnExtrapolation YaRN's mix factor, 0 to 1; negative means the model's
 * @param yarnAttention YaRN's factor of magnitudes; negative means the model's
 * @param yarnBetaFast negative means the model's
 * @param yarnBetaSlow negative means the model's
 * @param yarnOriginalContext tokens that the model was trained on; 0 means the model's own word
 */
public record Rope(
        RopeScaling scaling,
        float frequencyBase,
        float frequencyScale,
        float yarnExtrapolation,
        float yarnAttention,
        float yarnBetaFast,
        float yarnBetaSlow,
        int yarnOriginalContext) {

    /** All as the model says. */
    public static final Rope FROM_MODEL = new Rope(RopeScaling.UNSPECIFIED, 0, 0, -1, -1, -1, -1, 0);

    public Rope {
        Bounds.check("frequencyBase", frequencyBase, 0, Float.MAX_VALUE);
        Bounds.check("frequencyScale", frequencyScale, 0, Float.MAX_VALUE);
        Bounds.finite("yarnExtrapolation", yarnExtrapolation);
        Bounds.finite("yarnAttention", yarnAttention);
        Bounds.finite("yarnBetaFast", yarnBetaFast);
        Bounds.finite("yarnBetaSlow", yarnBetaSlow);
        Bounds.check("yarnOriginalContext", yarnOriginalContext, 0, Integer.MAX_VALUE);
    }
}
