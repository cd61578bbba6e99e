package dev.corral.testing;

import static dev.corral.testing.Layers.of;
import static dev.corral.testing.ModelFile.FEED_FORWARD;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.KV_HEADS;
import static dev.corral.testing.ModelFile.LAYERS;
import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/** A LoRA adapter for the tiny Llama, about as strong at scale 1 as the matrices that it is added to. */
final class TinyAdapter {
    private static final int RANK = 4;

    private TinyAdapter() {}

    static Path write(Path folder, String name, long seed) {
        return file(name, seed).write(folder.resolve(name + ".gguf"));
    }

    static GgufFile file(String name, long seed) {
        GgufFile file = new GgufFile()
                .put("general.architecture", "llama")
                .put("general.type", "adapter")
                .put("general.name", name)
                .put("adapter.type", "lora")
                .put("adapter.lora.alpha", (float) RANK);
        Weights weights = new Weights(seed, 0);
        for (int layer = 0; layer < LAYERS; layer++) {
            pair(file, weights, of(layer, "attn_q.weight"), WIDTH, HEADS * TinyModels.LLAMA_HEAD);
            pair(file, weights, of(layer, "attn_v.weight"), WIDTH, KV_HEADS * TinyModels.LLAMA_HEAD);
            pair(file, weights, of(layer, "ffn_down.weight"), FEED_FORWARD, WIDTH);
        }
        return file;
    }

    private static void pair(GgufFile file, Weights weights, String matrix, int in, int out) {
        String down = matrix + ".lora_a";
        String up = matrix + ".lora_b";
        file.tensor(down, TensorType.F32, gaussian(weights, down, in, RANK), in, RANK);
        file.tensor(up, TensorType.F32, gaussian(weights, up, RANK, out), RANK, out);
    }

    private static float[] gaussian(Weights weights, String name, int in, int out) {
        return weights.around(0, 1 / (float) Math.sqrt(in), name, in * out);
    }
}
