package dev.corral.gguf;

import java.util.ArrayList;
import java.util.List;

/** A multimodal projector, whose reader asserts the type of every entry and divides by several. */
final class ProjectorCheck {

    private static final int LARGEST_IMAGE = 8192;
    private static final int LARGEST_PATCH = 65535;
    private static final int MOST_LAYERS = 4096;

    private static final List<String> TEXTS = List.of(
            "general.name",
            "general.description",
            "clip.projector_type",
            "clip.vision.mm_patch_merge_type",
            "clip.gen.audio.model_variant");
    private static final List<String> TRUTHS = List.of("clip.use_gelu", "clip.use_silu");

    /** Of an encoder, by the names that llama.cpp reads. */
    private static final List<String> COUNTS = List.of(
            "embedding_length",
            "feed_forward_length",
            "block_count",
            "projection_dim",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.head_dim",
            "image_size",
            "image_min_pixels",
            "image_max_pixels",
            "preproc_min_tiles",
            "preproc_max_tiles",
            "preproc_image_size",
            "patch_size",
            "projector.scale_factor",
            "projector.query_side",
            "projector.window_side",
            "spatial_merge_size",
            "n_wa_pattern",
            "window_size",
            "sam.head_count",
            "sam.block_count",
            "sam.embedding_length",
            "expert_used_count",
            "num_mel_bins",
            "projector.stack_factor",
            "chunk_size",
            "conv_kernel_size",
            "max_pos_emb",
            "projector.downsample_rate",
            "projector.head_count",
            "rvq.num_quantizers",
            "local_block_count",
            "local_group_size",
            "subsampling_factor");

    private final Inspection file;

    ProjectorCheck(Inspection file) {
        this.file = file;
    }

    void run() {
        String type = file.requiredText("general.architecture");
        if (!type.equals("clip")) {
            throw file.wrong("general.architecture", "is \"" + type + "\", but a projector's is \"clip\"");
        }
        List<String> kinds = new ArrayList<>();
        for (String kind : new String[] {"vision", "audio", "gen_audio"}) {
            String key = "clip.has_" + kind + "_encoder";
            file.typeIs(key, ValueType.BOOL);
            if (file.get(key) instanceof Value.Truth(boolean has) && has) {
                kinds.add(kind.replace('_', '.'));
            }
        }
        if (kinds.isEmpty()) {
            throw new GgufException(file.gguf().file(), "has neither an encoder for images nor one for sound");
        }
        types();
        kinds.forEach(this::encoder);
    }

    private void types() {
        for (String key : TEXTS) {
            file.typeIs(key, ValueType.STRING);
        }
        for (String key : TRUTHS) {
            file.typeIs(key, ValueType.BOOL);
        }
        file.typeIs("clip.minicpmv_version", ValueType.I32);
        file.typeIs("clip.minicpmv_query_num", ValueType.U32);
        for (String kind : new String[] {"vision", "audio", "gen.audio"}) {
            String prefix = "clip." + kind + ".";
            for (String name : COUNTS) {
                file.typeIs(prefix + name, ValueType.U32);
            }
            file.notNegative(prefix + "attention.layer_norm_epsilon");
            file.typeIs(prefix + "projector_type", ValueType.STRING);
        }
        file.array("clip.vision.image_mean", ValueType.F32);
        file.array("clip.vision.image_std", ValueType.F32);
        file.array("clip.vision.image_grid_pinpoints", ValueType.I32);
    }

    private void encoder(String kind) {
        String prefix = "clip." + kind + ".";
        if (file.text("clip.projector_type").isEmpty() && !file.has(prefix + "projector_type")) {
            throw file.missing(prefix + "projector_type");
        }
        long width = file.countBetween(prefix + "embedding_length", 1, Integer.MAX_VALUE);
        file.countBetween(prefix + "block_count", 0, MOST_LAYERS);
        file.countBetween(prefix + "feed_forward_length", 0, Integer.MAX_VALUE);
        file.countBetween(prefix + "projection_dim", 0, Integer.MAX_VALUE);
        String headsKey = prefix + "attention.head_count";
        long heads = file.countBetween(headsKey, 0, width);
        String keyHeadsKey = prefix + "attention.head_count_kv";
        long keyHeads = file.count(keyHeadsKey, heads);
        if (heads > 0 && (keyHeads == 0 || heads % keyHeads != 0)) {
            throw file.wrong(keyHeadsKey, "is " + keyHeads + ", but must divide the " + heads + " of " + headsKey);
        }
        if (!file.has(prefix + "attention.layer_norm_epsilon")) {
            throw file.missing(prefix + "attention.layer_norm_epsilon");
        }
        if (kind.equals("vision")) {
            images(prefix);
        } else if (kind.equals("audio")) {
            file.countBetween(prefix + "num_mel_bins", 1, 256);
        }
    }

    private void images(String prefix) {
        long image = file.countBetween(prefix + "image_size", 0, LARGEST_IMAGE);
        long patch = file.countBetween(prefix + "patch_size", 1, LARGEST_PATCH);
        if (image > 0 && patch > image) {
            throw file.wrong(prefix + "patch_size", "is " + patch + ", but images are " + image + " wide");
        }
        for (String key : new String[] {prefix + "projector.scale_factor", prefix + "spatial_merge_size"}) {
            if (file.has(key)) {
                file.countBetween(key, 1, LARGEST_PATCH);
            }
        }
    }
}
