package dev.corral.testing;

import java.nio.file.Path;

/**
 * A model file in the making: what every architecture has in common. Matrices are named by what goes in and what comes
 * out of them; with a gain of 1 a matrix keeps the size of what it multiplies.
 */
final class ModelFile {
    static final int WIDTH = 64;
    static final int LAYERS = 2;
    static final int FEED_FORWARD = 128;
    static final int HEADS = 4;
    static final int KV_HEADS = 2;
    static final int HEAD = WIDTH / HEADS;

    /** Of an output matrix, for logits with a standard deviation of 3. */
    private static final float OUTPUT_DEVIATION = 3 / (float) Math.sqrt(WIDTH);

    /** How much smaller the output rows of quiet tokens are. */
    private static final float QUIET = 0.1f;

    private final String architecture;
    private final Recipe recipe;
    private final Weights weights;
    private final GgufFile file = new GgufFile();

    ModelFile(String architecture, Recipe recipe) {
        this.architecture = architecture;
        this.recipe = recipe;
        this.weights = new Weights(recipe.seed(), recipe.drift());
        file.put("general.architecture", architecture)
                .put("general.type", "model")
                .put("general.name", recipe.name());
        put("context_length", recipe.contextLength());
        put("embedding_length", WIDTH);
        put("block_count", LAYERS);
        put("feed_forward_length", FEED_FORWARD);
        recipe.vocabulary().describe(file);
    }

    /** Metadata whose key begins with the architecture's name. */
    ModelFile put(String key, int value) {
        file.put(architecture + "." + key, value);
        return this;
    }

    ModelFile put(String key, float value) {
        file.put(architecture + "." + key, value);
        return this;
    }

    ModelFile put(String key, GgufValue value) {
        file.put(architecture + "." + key, value);
        return this;
    }

    /** Metadata of any key. */
    GgufFile file() {
        return file;
    }

    /** The token embedding, the final norm and the output matrix, which the recipe may tie to the embedding. */
    ModelFile vocabulary() {
        return vocabulary("output_norm.weight", recipe.tied());
    }

    /**
     * The same with a final norm of another name, or always tied. A tied model's final norm has signs at random: the
     * embedding of the last token would otherwise be the likeliest to follow it.
     */
    ModelFile vocabulary(String finalNorm, boolean tied) {
        return tied
                ? rows("token_embd.weight", 1).vector(finalNorm, 0, OUTPUT_DEVIATION, WIDTH)
                : embedding().norm(finalNorm, WIDTH).rows("output.weight", OUTPUT_DEVIATION);
    }

    ModelFile embedding() {
        return matrix("token_embd.weight", 1, WIDTH, vocabularySize(), 1);
    }

    ModelFile matrix(String name, float gain, int in, int out) {
        return matrix(name, gain / (float) Math.sqrt(in), in, out, 1);
    }

    /** A stack of {@code count} matrices. */
    ModelFile matrices(String name, float gain, int in, int out, int count) {
        return matrix(name, gain / (float) Math.sqrt(in), in, out, count);
    }

    /** Norm weights: near 1. */
    ModelFile norm(String name, int size) {
        return vector(name, 1, 0.1f, size);
    }

    ModelFile vector(String name, float mean, float deviation, int... shape) {
        int count = 1;
        long[] dimensions = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            count *= shape[i];
            dimensions[i] = shape[i];
        }
        file.tensor(name, TensorType.F32, weights.around(mean, deviation, name, count), dimensions);
        return this;
    }

    ModelFile exactly(String name, float[] values, long... shape) {
        file.tensor(name, TensorType.F32, values, shape);
        return this;
    }

    Path write(Path folder) {
        return file.write(folder.resolve(recipe.name() + ".gguf"));
    }

    private ModelFile matrix(String name, float deviation, int in, int out, int count) {
        float[] values = weights.around(0, deviation, name, in * out * count);
        TensorType type = recipe.matrices().fits(in) ? recipe.matrices() : TensorType.F32;
        file.tensor(name, type, values, count == 1 ? new long[] {in, out} : new long[] {in, out, count});
        return this;
    }

    /** One row a token, those of quiet tokens smaller. */
    private ModelFile rows(String name, float deviation) {
        float[] values = weights.around(0, deviation, name, WIDTH * vocabularySize());
        for (int i = 0; i < values.length; i++) {
            if (recipe.vocabulary().quiet(i / WIDTH) && !recipe.loudBytes()) {
                values[i] *= QUIET;
            }
        }
        file.tensor(name, recipe.matrices(), values, WIDTH, vocabularySize());
        return this;
    }

    private int vocabularySize() {
        return recipe.vocabulary().size();
    }
}
