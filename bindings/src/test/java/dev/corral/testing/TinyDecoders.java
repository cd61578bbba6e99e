package dev.corral.testing;

import static dev.corral.testing.Layers.of;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.KV_HEADS;
import static dev.corral.testing.ModelFile.LAYERS;
import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/** Architectures whose memory is keys and values, one way or another. */
final class TinyDecoders {
    private static final float EPSILON = 1e-5f;

    private TinyDecoders() {}

    static ModelFile llama(Recipe recipe) {
        int head = TinyModels.LLAMA_HEAD;
        ModelFile model = new ModelFile("llama", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", KV_HEADS)
                .put("attention.key_length", head)
                .put("attention.value_length", head)
                .put("attention.layer_norm_rms_epsilon", EPSILON)
                .put("rope.dimension_count", head)
                .vocabulary();
        for (int layer = 0; layer < LAYERS; layer++) {
            Layers.transformer(model, layer, head);
        }
        return model;
    }

    static Path qwen2vl(Path folder, Recipe recipe) {
        ModelFile model = new ModelFile("qwen2vl", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", KV_HEADS)
                .put("attention.layer_norm_rms_epsilon", EPSILON)
                .put("rope.dimension_sections", GgufValue.i32s(2, 3, 3, 0))
                .vocabulary();
        for (int layer = 0; layer < LAYERS; layer++) {
            Layers.transformer(model, layer, ModelFile.HEAD);
        }
        return model.write(folder);
    }

    static Path cohere2(Path folder, Recipe recipe) {
        ModelFile model = new ModelFile("cohere2", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", KV_HEADS)
                .put("attention.layer_norm_epsilon", EPSILON)
                .put("attention.sliding_window", TinyModels.WINDOW)
                .put("attention.sliding_window_pattern", 2)
                .put("logit_scale", 1f)
                .vocabulary("output_norm.weight", true);
        for (int layer = 0; layer < LAYERS; layer++) {
            model.norm(of(layer, "attn_norm.weight"), WIDTH);
            Layers.attention(model, layer, ModelFile.HEAD);
            Layers.feedForward(model, layer);
        }
        return model.write(folder);
    }

    static Path deepseek2(Path folder, Recipe recipe) {
        int rank = 32;
        int rotated = 16;
        int plain = 16;
        int value = 16;
        ModelFile model = new ModelFile("deepseek2", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", 1)
                .put("attention.layer_norm_rms_epsilon", EPSILON)
                .put("attention.q_lora_rank", rank)
                .put("attention.kv_lora_rank", rank)
                .put("attention.key_length", rank + rotated)
                .put("attention.value_length", rank)
                .put("attention.key_length_mla", plain + rotated)
                .put("attention.value_length_mla", value)
                .put("rope.dimension_count", rotated)
                .put("leading_dense_block_count", LAYERS)
                .put("expert_feed_forward_length", ModelFile.FEED_FORWARD)
                .put("expert_shared_count", 0)
                .vocabulary();
        for (int layer = 0; layer < LAYERS; layer++) {
            model.norm(of(layer, "attn_norm.weight"), WIDTH)
                    .matrix(of(layer, "attn_q_a.weight"), 1, WIDTH, rank)
                    .norm(of(layer, "attn_q_a_norm.weight"), rank)
                    .matrix(of(layer, "attn_q_b.weight"), Layers.ATTENTION_SHARPNESS, rank, HEADS * (plain + rotated))
                    .matrix(of(layer, "attn_kv_a_mqa.weight"), Layers.ATTENTION_SHARPNESS, WIDTH, rank + rotated)
                    .norm(of(layer, "attn_kv_a_norm.weight"), rank)
                    .matrices(of(layer, "attn_k_b.weight"), 1, plain, rank, HEADS)
                    .matrices(of(layer, "attn_v_b.weight"), 1, rank, value, HEADS)
                    .matrix(of(layer, "attn_output.weight"), Layers.ATTENTION_OUTPUT, HEADS * value, WIDTH)
                    .norm(of(layer, "ffn_norm.weight"), WIDTH);
            Layers.feedForward(model, layer);
        }
        return model.write(folder);
    }
}
