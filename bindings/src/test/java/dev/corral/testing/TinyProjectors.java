package dev.corral.testing;

import static dev.corral.testing.ModelFile.WIDTH;

import java.nio.file.Path;

/**
 * Multimodal projectors with random weights for the models of {@link TinyModels}, which are {@link ModelFile#WIDTH} wide:
 * a transformer of width 32 with 2 layers, and what makes embeddings of its output. Each method writes one file of
 * about 100 KB.
 */
public final class TinyProjectors {

    /** How many tokens an image becomes with {@link #llava}. */
    public static final int LLAVA_TOKENS = 9;

    /** How many tokens an image becomes with {@link #gemma}. */
    public static final int GEMMA_TOKENS = 16;

    private static final int PATCH = 8;
    private static final int VISION = 32;
    private static final int FEED_FORWARD = 64;
    private static final int LAYERS = 2;
    private static final int MELS = 80;
    private static final int STACK = 25;
    private static final Weights WEIGHTS = new Weights(7, 0);

    private TinyProjectors() {}

    /** LLaVA's: an image of 24 x 24 is 9 patches, and each a token. */
    public static Path llava(Path folder) {
        return llava(vision("mlp", 24, true)).write(folder.resolve("tiny-llava-projector.gguf"));
    }

    private static GgufFile llava(GgufFile file) {
        layers(file, false);
        matrix(file, "mm.0.weight", VISION, WIDTH);
        vector(file, "mm.0.bias", 0, WIDTH);
        matrix(file, "mm.2.weight", WIDTH, WIDTH);
        vector(file, "mm.2.bias", 0, WIDTH);
        return file;
    }

    /** LLaVA 1.6's: the same, of the whole image and of tiles of it, up to four. */
    public static Path tiles(Path folder) {
        return llava(vision("mlp", 24, true)
                        .put("clip.vision.image_grid_pinpoints", GgufValue.i32s(24, 48, 48, 24, 48, 48)))
                .write(folder.resolve("tiny-tiles-projector.gguf"));
    }

    /** Gemma 3's: an image of 64 x 64 is 64 patches, pooled to 16 tokens that see each other. */
    public static Path gemma(Path folder) {
        GgufFile file = vision("gemma3", 64, true).put("clip.vision.projector.scale_factor", 2);
        layers(file, false);
        matrix(file, "mm.input_projection.weight", WIDTH, VISION);
        vector(file, "mm.soft_emb_norm.weight", 1, VISION);
        return file.write(folder.resolve("tiny-gemma-projector.gguf"));
    }

    /** Qwen2-VL's: four patches are a token, at a row and a column; for {@link TinyModels#multiAxis}. */
    public static Path qwen(Path folder) {
        GgufFile file = vision("qwen2vl_merger", 64, false).put("clip.vision.spatial_merge_size", 2);
        file.tensor("v.patch_embd.weight.1", TensorType.F32, patches("v.patch_embd.weight.1"), PATCH, PATCH, 3, VISION);
        layers(file, true);
        matrix(file, "mm.0.weight", 4 * VISION, 4 * VISION);
        vector(file, "mm.0.bias", 0, 4 * VISION);
        matrix(file, "mm.2.weight", 4 * VISION, WIDTH);
        vector(file, "mm.2.bias", 0, WIDTH);
        return file.write(folder.resolve("tiny-qwen-projector.gguf"));
    }

    /** Ultravox's, on Whisper's encoder: half a minute of sound is 60 tokens. */
    public static Path ultravox(Path folder) {
        GgufFile file = new GgufFile()
                .put("general.architecture", "clip")
                .put("general.type", "mmproj")
                .put("general.name", "tiny ultravox")
                .put("clip.has_audio_encoder", true)
                .put("clip.projector_type", "ultravox")
                .put("clip.audio.num_mel_bins", MELS)
                .put("clip.audio.embedding_length", VISION)
                .put("clip.audio.feed_forward_length", FEED_FORWARD)
                .put("clip.audio.block_count", LAYERS)
                .put("clip.audio.projection_dim", WIDTH)
                .put("clip.audio.attention.head_count", 2)
                .put("clip.audio.attention.layer_norm_epsilon", 1e-5f)
                .put("clip.audio.projector.stack_factor", STACK);
        matrix(file, "a.position_embd.weight", VISION, 1500);
        convolution(file, 1, MELS);
        convolution(file, 2, VISION);
        layers(file, "a", true);
        matrix(file, "mm.a.mlp.1.weight", STACK * VISION, 2 * VISION);
        matrix(file, "mm.a.mlp.2.weight", VISION, WIDTH);
        vector(file, "mm.a.norm_pre.weight", 1, STACK * VISION);
        vector(file, "mm.a.norm_mid.weight", 1, VISION);
        return file.write(folder.resolve("tiny-ultravox-projector.gguf"));
    }

    private static void convolution(GgufFile file, int nth, int in) {
        String name = "a.conv1d." + nth;
        float deviation = 2 / (float) Math.sqrt(3 * in);
        float[] kernel = WEIGHTS.around(0, deviation, name, 3 * in * VISION);
        file.tensor(name + ".weight", TensorType.F16, kernel, 3, in, VISION);
        file.tensor(name + ".bias", TensorType.F32, WEIGHTS.around(0, 0.1f, name + ".bias", VISION), 1, VISION);
    }

    private static GgufFile vision(String projector, int size, boolean positions) {
        GgufFile file = new GgufFile()
                .put("general.architecture", "clip")
                .put("general.type", "mmproj")
                .put("general.name", "tiny " + projector)
                .put("clip.has_vision_encoder", true)
                .put("clip.projector_type", projector)
                .put("clip.use_gelu", true)
                .put("clip.vision.image_size", size)
                .put("clip.vision.patch_size", PATCH)
                .put("clip.vision.embedding_length", VISION)
                .put("clip.vision.feed_forward_length", FEED_FORWARD)
                .put("clip.vision.block_count", LAYERS)
                .put("clip.vision.projection_dim", WIDTH)
                .put("clip.vision.attention.head_count", 2)
                .put("clip.vision.attention.layer_norm_epsilon", 1e-5f)
                .put("clip.vision.image_mean", GgufValue.f32s(0.5f, 0.5f, 0.5f))
                .put("clip.vision.image_std", GgufValue.f32s(0.5f, 0.5f, 0.5f));
        file.tensor("v.patch_embd.weight", TensorType.F32, patches("v.patch_embd.weight"), PATCH, PATCH, 3, VISION);
        if (positions) {
            int side = size / PATCH;
            matrix(file, "v.position_embd.weight", VISION, side * side);
        }
        return file;
    }

    private static float[] patches(String name) {
        int in = PATCH * PATCH * 3;
        return WEIGHTS.around(0, 4 / (float) Math.sqrt(in), name, in * VISION);
    }

    private static void layers(GgufFile file, boolean biases) {
        layers(file, "v", biases);
    }

    /** Whisper's keys have no bias. */
    private static void layers(GgufFile file, String encoder, boolean biases) {
        for (int layer = 0; layer < LAYERS; layer++) {
            String prefix = encoder + ".blk." + layer + ".";
            vector(file, prefix + "ln1.weight", 1, VISION);
            vector(file, prefix + "ln1.bias", 0, VISION);
            vector(file, prefix + "ln2.weight", 1, VISION);
            vector(file, prefix + "ln2.bias", 0, VISION);
            for (String name : new String[] {"attn_q", "attn_k", "attn_v", "attn_out"}) {
                matrix(file, prefix + name + ".weight", VISION, VISION);
                if (biases && !(encoder.equals("a") && name.equals("attn_k"))) {
                    vector(file, prefix + name + ".bias", 0, VISION);
                }
            }
            matrix(file, prefix + "ffn_up.weight", VISION, FEED_FORWARD);
            matrix(file, prefix + "ffn_down.weight", FEED_FORWARD, VISION);
            if (biases) {
                vector(file, prefix + "ffn_up.bias", 0, FEED_FORWARD);
                vector(file, prefix + "ffn_down.bias", 0, VISION);
            }
        }
    }

    private static void matrix(GgufFile file, String name, int in, int out) {
        file.tensor(name, TensorType.F32, WEIGHTS.around(0, 2 / (float) Math.sqrt(in), name, in * out), in, out);
    }

    private static void vector(GgufFile file, String name, float mean, int size) {
        file.tensor(name, TensorType.F32, WEIGHTS.around(mean, 0.1f, name, size), size);
    }
}
