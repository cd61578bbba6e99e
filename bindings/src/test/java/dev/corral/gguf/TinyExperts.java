package dev.corral.gguf;

import dev.corral.testing.GgufFile;
import dev.corral.testing.GgufValue;
import dev.corral.testing.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A Llama of one layer with four experts, of which a token takes two. */
final class TinyExperts {

    private static final int WIDTH = 32;
    private static final int FEED_FORWARD = 64;
    private static final int EXPERTS = 4;

    private final GgufFile file = new GgufFile();
    private final Random random = new Random(1);

    private TinyExperts() {}

    static Path write(Path folder) {
        return new TinyExperts().build().write(folder.resolve("tiny-experts.gguf"));
    }

    private GgufFile build() {
        List<String> tokens = IntStream.range(0, 300)
                .mapToObj(i -> i == 0
                        ? "<unk>"
                        : i == 1 ? "<s>" : i == 2 ? "</s>" : i < 259 ? "<0x%02X>".formatted(i - 3) : "w" + i)
                .toList();
        int[] types = IntStream.range(0, 300)
                .map(i -> i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)
                .toArray();
        file.put("general.architecture", "llama")
                .put("llama.context_length", 128)
                .put("llama.embedding_length", WIDTH)
                .put("llama.block_count", 1)
                .put("llama.feed_forward_length", FEED_FORWARD)
                .put("llama.attention.head_count", 2)
                .put("llama.attention.head_count_kv", 1)
                .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .put("llama.rope.dimension_count", WIDTH / 2)
                .put("llama.expert_count", EXPERTS)
                .put("llama.expert_used_count", 2)
                .put("tokenizer.ggml.model", "llama")
                .put("tokenizer.ggml.tokens", GgufValue.strings(tokens))
                .put("tokenizer.ggml.scores", GgufValue.f32s(new float[300]))
                .put("tokenizer.ggml.token_type", GgufValue.i32s(types));
        tensor("token_embd.weight", WIDTH, 300);
        tensor("output_norm.weight", WIDTH);
        tensor("blk.0.attn_norm.weight", WIDTH);
        tensor("blk.0.attn_q.weight", WIDTH, WIDTH);
        tensor("blk.0.attn_k.weight", WIDTH, WIDTH / 2);
        tensor("blk.0.attn_v.weight", WIDTH, WIDTH / 2);
        tensor("blk.0.attn_output.weight", WIDTH, WIDTH);
        tensor("blk.0.ffn_norm.weight", WIDTH);
        tensor("blk.0.ffn_gate_inp.weight", WIDTH, EXPERTS);
        tensor("blk.0.ffn_gate_exps.weight", WIDTH, FEED_FORWARD, EXPERTS);
        tensor("blk.0.ffn_up_exps.weight", WIDTH, FEED_FORWARD, EXPERTS);
        tensor("blk.0.ffn_down_exps.weight", FEED_FORWARD, WIDTH, EXPERTS);
        return file;
    }

    private void tensor(String name, long... shape) {
        int count = 1;
        for (long dimension : shape) {
            count *= (int) dimension;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() / 4;
        }
        file.tensor(name, TensorType.F32, values, shape);
    }
}
