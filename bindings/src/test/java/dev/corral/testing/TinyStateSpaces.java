package dev.corral.testing;

import static dev.corral.testing.Layers.of;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.KV_HEADS;
import static dev.corral.testing.ModelFile.LAYERS;
import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/**
 * Architectures whose memory is, or has in it, a state that each token changes. Mamba's is 128 x 8 a layer, most of which
 * forgets a token within some dozens of others, and the last 3 inputs of a convolution; LFM2's is a convolution's last 2.
 */
final class TinyStateSpaces {
    private static final float EPSILON = 1e-5f;
    private static final int STATE = 8;
    private static final int STEP_RANK = 4;
    private static final int KERNEL = 4;
    private static final int INNER = 2 * WIDTH;

    private TinyStateSpaces() {}

    static Path mamba(Path folder, Recipe recipe) {
        ModelFile model = stateSpace("mamba", recipe).vocabulary();
        for (int layer = 0; layer < LAYERS; layer++) {
            stateSpaceLayer(model, layer);
        }
        return model.write(folder);
    }

    static Path jamba(Path folder, Recipe recipe) {
        ModelFile model = stateSpace("jamba", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", GgufValue.u32s(0, KV_HEADS))
                .vocabulary();
        stateSpaceLayer(model, 0);
        model.norm(of(0, "ssm_dt_norm.weight"), STEP_RANK)
                .norm(of(0, "ssm_b_norm.weight"), STATE)
                .norm(of(0, "ssm_c_norm.weight"), STATE)
                .norm(of(0, "ffn_norm.weight"), WIDTH);
        Layers.feedForward(model, 0);
        Layers.transformer(model, 1, ModelFile.HEAD);
        return model.write(folder);
    }

    static Path lfm2(Path folder, Recipe recipe) {
        ModelFile model = new ModelFile("lfm2", recipe)
                .put("attention.head_count", HEADS)
                .put("attention.head_count_kv", GgufValue.u32s(0, KV_HEADS))
                .put("attention.layer_norm_rms_epsilon", EPSILON)
                .put("shortconv.l_cache", 3)
                .vocabulary("token_embd_norm.weight", recipe.tied())
                .norm(of(0, "attn_norm.weight"), WIDTH)
                .matrix(of(0, "shortconv.in_proj.weight"), 1, WIDTH, 3 * WIDTH)
                .vector(of(0, "shortconv.conv.weight"), 0, 1, 3, WIDTH)
                .matrix(of(0, "shortconv.out_proj.weight"), 2, WIDTH, WIDTH)
                .norm(of(0, "ffn_norm.weight"), WIDTH)
                .vector(of(1, "attn_q_norm.weight"), Layers.ATTENTION_SHARPNESS, 0.1f, ModelFile.HEAD)
                .vector(of(1, "attn_k_norm.weight"), Layers.ATTENTION_SHARPNESS, 0.1f, ModelFile.HEAD);
        Layers.feedForward(model, 0);
        Layers.transformer(model, 1, ModelFile.HEAD);
        return model.write(folder);
    }

    private static ModelFile stateSpace(String architecture, Recipe recipe) {
        return new ModelFile(architecture, recipe)
                .put("attention.layer_norm_rms_epsilon", EPSILON)
                .put("ssm.conv_kernel", KERNEL)
                .put("ssm.inner_size", INNER)
                .put("ssm.state_size", STATE)
                .put("ssm.time_step_rank", STEP_RANK);
    }

    private static void stateSpaceLayer(ModelFile model, int layer) {
        float[] decay = new float[STATE * INNER];
        for (int i = 0; i < decay.length; i++) {
            decay[i] = -(i % STATE + 1) / 2f;
        }
        model.norm(of(layer, "attn_norm.weight"), WIDTH)
                .matrix(of(layer, "ssm_in.weight"), 1, WIDTH, 2 * INNER)
                .vector(of(layer, "ssm_conv1d.weight"), 0, 0.7f, KERNEL, INNER)
                .vector(of(layer, "ssm_conv1d.bias"), 0, 0.1f, INNER)
                .matrix(of(layer, "ssm_x.weight"), 4, INNER, STEP_RANK + 2 * STATE)
                .vector(of(layer, "ssm_dt.weight"), 0, 0.2f, STEP_RANK, INNER)
                .vector(of(layer, "ssm_dt.bias"), -3.5f, 1.2f, INNER)
                .exactly(of(layer, "ssm_a"), decay, STATE, INNER)
                .vector(of(layer, "ssm_d"), 0.5f, 0.1f, INNER)
                .matrix(of(layer, "ssm_out.weight"), 3, INNER, WIDTH);
    }
}
