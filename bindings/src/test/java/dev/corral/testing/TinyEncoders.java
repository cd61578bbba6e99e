package dev.corral.testing;

import static dev.corral.testing.Layers.of;
import static dev.corral.testing.ModelFile.FEED_FORWARD;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.LAYERS;
import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/** BERT and T5's encoder, which see a whole text at once and go on from no memory. */
final class TinyEncoders {
    private static final int MEAN = 1;
    private static final int RANK = 4;
    private static final int TOKEN_TYPES = 2;
    private static final int DISTANCES = 32;

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

    static Path t5Encoder(Path folder, Recipe recipe) {
        return t5("t5encoder", recipe).write(folder);
    }

    static Path t5(Path folder, Recipe recipe) {
        ModelFile model = t5("t5", recipe)
                .norm("dec.output_norm.weight", WIDTH)
                .vector("dec.blk.0.attn_rel_b.weight", 0, 0.5f, HEADS, DISTANCES);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "dec.blk." + layer + ".";
            t5Attention(model, block + "attn_");
            t5Attention(model, block + "cross_attn_");
            t5FeedForward(model, block);
        }
        return model.write(folder);
    }

    private static ModelFile t5(String architecture, Recipe recipe) {
        ModelFile model = new ModelFile(architecture, recipe)
                .put("attention.head_count", HEADS)
                .put("attention.layer_norm_rms_epsilon", 1e-6f)
                .put("attention.relative_buckets_count", DISTANCES)
                .embedding()
                .norm("enc.output_norm.weight", WIDTH)
                .vector("enc.blk.0.attn_rel_b.weight", 0, 0.5f, HEADS, DISTANCES);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "enc.blk." + layer + ".";
            t5Attention(model, block + "attn_");
            t5FeedForward(model, block);
        }
        return model;
    }

    private static void t5Attention(ModelFile model, String name) {
        model.norm(name + "norm.weight", WIDTH)
                .matrix(name + "q.weight", 0.5f, WIDTH, WIDTH)
                .matrix(name + "k.weight", 0.5f, WIDTH, WIDTH)
                .matrix(name + "v.weight", 1, WIDTH, WIDTH)
                .matrix(name + "o.weight", 2, WIDTH, WIDTH);
    }

    private static void t5FeedForward(ModelFile model, String block) {
        model.norm(block + "ffn_norm.weight", WIDTH)
                .matrix(block + "ffn_up.weight", 1, WIDTH, FEED_FORWARD)
                .matrix(block + "ffn_down.weight", 1.5f, FEED_FORWARD, WIDTH);
    }

    private static void projection(ModelFile model, String name, float gain, int in, int out) {
        model.matrix(name + ".weight", gain, in, out).vector(name + ".bias", 0, 0.1f, out);
    }

    private static void norm(ModelFile model, String name) {
        model.norm(name + ".weight", WIDTH).vector(name + ".bias", 0, 0.1f, WIDTH);
    }
}
