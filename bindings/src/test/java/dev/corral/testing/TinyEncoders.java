package dev.corral.testing;

import static dev.corral.testing.Layers.of;
import static dev.corral.testing.ModelFile.FEED_FORWARD;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.LAYERS;
import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/** BERT, which sees a whole text at once and has no memory. */
final class TinyEncoders {
    private static final int MEAN = 1;
    private static final int RANK = 4;
    private static final int TOKEN_TYPES = 2;

    private TinyEncoders() {}

    static Path embedding(Path folder, Recipe recipe) {
        return bert(recipe, MEAN).write(folder);
    }

    static Path reranker(Path folder, Recipe recipe) {
        return bert(recipe, RANK)
                .matrix("cls.weight", 2, WIDTH, WIDTH)
                .vector("cls.bias", 0, 0.1f, WIDTH)
                .matrix("cls.output.weight", 3, WIDTH, 1)
                .vector("cls.output.bias", 0, 0.1f, 1)
                .write(folder);
    }

    private static ModelFile bert(Recipe recipe, int pooling) {
        ModelFile model = new ModelFile("bert", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.layer_norm_epsilon", 1e-12f)
                .put("attention.causal", GgufValue.bool(false))
                .put("pooling_type", pooling);
        model.file().put("tokenizer.ggml.token_type_count", TOKEN_TYPES);
        model.embedding()
                .vector("token_types.weight", 0, 0.3f, WIDTH, TOKEN_TYPES)
                .vector("position_embd.weight", 0, 0.3f, WIDTH, recipe.contextLength());
        norm(model, "token_embd_norm");
        for (int layer = 0; layer < LAYERS; layer++) {
            projection(model, of(layer, "attn_q"), 1.5f, WIDTH, WIDTH);
            projection(model, of(layer, "attn_k"), 1.5f, WIDTH, WIDTH);
            projection(model, of(layer, "attn_v"), 1, WIDTH, WIDTH);
            projection(model, of(layer, "attn_output"), 2, WIDTH, WIDTH);
            norm(model, of(layer, "attn_output_norm"));
            projection(model, of(layer, "ffn_up"), 1, WIDTH, FEED_FORWARD);
            projection(model, of(layer, "ffn_down"), 1.5f, FEED_FORWARD, WIDTH);
            norm(model, of(layer, "layer_output_norm"));
        }
        return model;
    }

    private static void projection(ModelFile model, String name, float gain, int in, int out) {
        model.matrix(name + ".weight", gain, in, out).vector(name + ".bias", 0, 0.1f, out);
    }

    private static void norm(ModelFile model, String name) {
        model.norm(name + ".weight", WIDTH).vector(name + ".bias", 0, 0.1f, WIDTH);
    }
}
