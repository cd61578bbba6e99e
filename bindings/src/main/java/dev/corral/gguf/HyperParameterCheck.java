package dev.corral.gguf;

import java.util.Set;

/** A model's sizes, as far as llama.cpp asserts them or divides by them. */
final class HyperParameterCheck {

    private static final int MOST_LAYERS = 512;
    private static final int MOST_EXPERTS = 1024;
    private static final int LAST_GATING_FUNCTION = 4;
    private static final int LAST_POOLING = 4;
    private static final long UNSPECIFIED = 0xFFFFFFFFL;
    private static final Set<String> ROPE_SCALINGS = Set.of("none", "linear", "yarn", "longrope");

    private final Inspection file;
    private final String architecture;

    HyperParameterCheck(Inspection file, String architecture) {
        this.file = file;
        this.architecture = architecture;
    }

    void run() {
        file.countBetween(key("context_length"), 1, Integer.MAX_VALUE);
        file.countBetween(key("embedding_length"), 1, Integer.MAX_VALUE);
        int layers = (int) file.countBetween(key("block_count"), 1, MOST_LAYERS);
        long predicting = file.count(key("nextn_predict_layers"), 0);
        if (predicting > layers) {
            throw file.wrong(key("nextn_predict_layers"), "is " + predicting + ", but there are " + layers + " layers");
        }
        experts(layers);
        int attending = (int) (layers - predicting);
        if (!Architectures.isRecurrent(architecture)) {
            heads(layers, attending);
        }
        compressedHeads();
        stateSpaces();
        rotation();
        norms();
        pooling();
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    private void experts(int layers) {
        String countKey = key("expert_count");
        String usedKey = key("expert_used_count");
        long count = file.count(countKey, 0);
        if (count <= 1 && architecture.startsWith("hunyuan")) {
            return;
        }
        if (count > MOST_EXPERTS) {
            throw file.wrong(countKey, "is " + count + ", but must be 0 to " + MOST_EXPERTS);
        }
        long used = 0;
        for (long ofLayer : file.perLayer(usedKey, layers, 0)) {
            used = Math.max(used, ofLayer);
        }
        if (used > count) {
            throw file.wrong(usedKey, "is " + used + ", but there are " + count + " experts");
        }
        if (count == 0 && Architectures.needsExperts(architecture)) {
            throw file.has(countKey) ? file.wrong(countKey, "is 0, but must be at least 1") : file.missing(countKey);
        }
        String stepKey = key("interleave_moe_layer_step");
        if (architecture.equals("ernie4_5-moe") && file.has(stepKey)) {
            file.countBetween(stepKey, 1, MOST_LAYERS);
        }
        if (count > 0 && used == 0) {
            throw file.wrong(countKey, "is " + count + ", but no layer uses an expert");
        }
        groups(count);
        String gatingKey = key("expert_gating_func");
        if (file.count(gatingKey, 0) > LAST_GATING_FUNCTION) {
            throw file.wrong(gatingKey, "is " + file.required(gatingKey) + ", but must be 0 to 4");
        }
    }

    private void groups(long experts) {
        String groupsKey = key("expert_group_count");
        String usedKey = key("expert_group_used_count");
        long groups = file.count(groupsKey, 0);
        long used = file.count(usedKey, 0);
        if (groups > 0 && groups >= experts) {
            throw file.wrong(groupsKey, "is " + groups + ", but must be less than the " + experts + " experts");
        }
        if (groups > 1 && experts % groups != 0) {
            throw file.wrong(groupsKey, "is " + groups + ", but must divide the " + experts + " experts");
        }
        if (groups > 1 && (used < 1 || used >= groups)) {
            throw file.has(usedKey)
                    ? file.wrong(usedKey, "is " + used + ", but must be 1 to " + (groups - 1))
                    : file.missing(usedKey);
        }
    }

    private void heads(int layers, int attending) {
        String headsKey = key("attention.head_count");
        String keyHeadsKey = key("attention.head_count_kv");
        long[] heads = file.perLayer(headsKey, layers, 0);
        boolean grouped = file.has(keyHeadsKey);
        long[] keyHeads = grouped ? file.perLayer(keyHeadsKey, layers, 0) : heads;
        boolean everywhere = Architectures.attendsEverywhere(architecture);
        if (everywhere && !file.has(headsKey)) {
            throw file.missing(headsKey);
        }
        for (int layer = 0; layer < attending; layer++) {
            if (everywhere && heads[layer] == 0) {
                throw file.wrong(headsKey, "is 0 in layer " + layer + ", but must be at least 1");
            }
            if (everywhere && keyHeads[layer] == 0) {
                throw file.wrong(keyHeadsKey, "is 0 in layer " + layer + ", but must be at least 1");
            }
            if (grouped && keyHeads[layer] > 0 && heads[layer] % keyHeads[layer] != 0) {
                throw file.wrong(
                        keyHeadsKey,
                        "is " + keyHeads[layer] + " in layer " + layer + ", but must divide the " + heads[layer]
                                + " of " + headsKey);
            }
        }
        if (heads[0] > 0) {
            headSizes(naturalHead());
        }
    }

    private long naturalHead() {
        int layers = (int) file.required(key("block_count"));
        long heads = file.perLayer(key("attention.head_count"), layers, 0)[0];
        return heads == 0 ? 0 : file.required(key("embedding_length")) / heads;
    }

    private void headSizes(long natural) {
        String keysKey = key("attention.key_length");
        String valuesKey = key("attention.value_length");
        String rotatedKey = key("rope.dimension_count");
        long keys = file.count(keysKey, natural);
        long values = file.count(valuesKey, natural);
        if (Architectures.hasEqualHeads(architecture) && keys != values) {
            throw file.wrong(
                    file.has(valuesKey) ? valuesKey : keysKey,
                    "makes values " + values + " long and keys " + keys + ", but they must be equal");
        }
        long rotated = file.count(rotatedKey, keys);
        boolean whole = Architectures.rotatesWholeHeads(architecture);
        if (file.has(rotatedKey) && (rotated > keys || rotated % 2 != 0 || whole && rotated != keys)) {
            throw file.wrong(
                    rotatedKey, "is " + rotated + ", but must be even and " + (whole ? "" : "at most ") + keys);
        }
        if (whole && keys % 2 != 0) {
            throw file.wrong(
                    file.has(keysKey) ? keysKey : key("embedding_length"),
                    "makes heads " + keys + " long, but they must be even to be rotated");
        }
        String windowedKey = key("rope.dimension_count_swa");
        long windowedKeys = file.count(key("attention.key_length_swa"), keys);
        long windowed = file.count(windowedKey, 0);
        if (windowed > windowedKeys || windowed % 2 != 0) {
            throw file.wrong(windowedKey, "is " + windowed + ", but must be even and at most " + windowedKeys);
        }
    }

    /** Heads whose keys and values are made from one short vector, beside which some of a key is rotated. */
    private void compressedHeads() {
        if (!Architectures.compressesHeads(architecture)) {
            return;
        }
        String keysKey = key("attention.key_length");
        String fullKey = key("attention.key_length_mla");
        long rotated = file.count(key("rope.dimension_count"), file.count(keysKey, naturalHead()));
        boolean compressed = file.count(fullKey, 0) > 0 && file.count(key("attention.value_length_mla"), 0) > 0;
        String headKey = compressed ? fullKey : keysKey;
        if (file.has(headKey) && file.required(headKey) <= rotated) {
            throw file.wrong(
                    headKey, "is " + file.required(headKey) + ", but must be more than the " + rotated + " rotated");
        }
        if (compressed) {
            long rank = file.required(key("attention.kv_lora_rank"));
            equal(keysKey, rank + rotated);
            equal(key("attention.value_length"), rank);
            String keyHeadsKey = key("attention.head_count_kv");
            if (!file.has(keyHeadsKey)) {
                throw file.missing(keyHeadsKey); // llama.cpp would take it to be head_count
            }
            for (long heads : file.perLayer(keyHeadsKey, (int) file.required(key("block_count")), 0)) {
                if (heads != 1) {
                    throw file.wrong(keyHeadsKey, "is " + heads + ", but must be 1 where keys are compressed");
                }
            }
        }
    }

    private void equal(String key, long expected) {
        if (file.required(key) != expected) {
            throw file.wrong(key, "is " + file.required(key) + ", but must be " + expected);
        }
    }

    private void stateSpaces() {
        if (Architectures.doublesItsWidth(architecture)) {
            equal(key("ssm.inner_size"), 2 * file.required(key("embedding_length")));
        }
        if (Architectures.groupsItsStates(architecture)) {
            dividesInner(key("ssm.group_count"));
            dividesInner(key("ssm.time_step_rank"));
        }
    }

    private void dividesInner(String key) {
        long count = file.required(key);
        long inner = file.required(key("ssm.inner_size"));
        if (count == 0 || inner % count != 0) {
            throw file.wrong(key, "is " + count + ", but must divide the " + inner + " of " + key("ssm.inner_size"));
        }
    }

    private void rotation() {
        String scalingKey = key("rope.scaling.type");
        String scaling = file.text(scalingKey).orElse("none");
        if (!ROPE_SCALINGS.contains(scaling)) {
            throw file.wrong(scalingKey, "is \"" + scaling + "\", but must be none, linear, yarn or longrope");
        }
        String sectionsKey = key("rope.dimension_sections");
        if (!Architectures.hasSeveralAxes(architecture) || !file.has(sectionsKey)) {
            return;
        }
        Value.Array sections = file.array(sectionsKey, ValueType.I32, ValueType.U32);
        long sum = 0;
        for (int i = 0; sections != null && i < sections.length(); i++) {
            long section = sections.whole(i);
            if (section < 0) {
                throw file.wrong(sectionsKey, "has a section of " + section);
            }
            sum += section;
        }
        long head = file.count(key("attention.key_length"), naturalHead());
        if (sum < 1 || sum > head) {
            throw file.wrong(sectionsKey, "has sections of " + sum + " together, but must have 1 to " + head);
        }
    }

    private void norms() {
        file.notNegative(key("attention.layer_norm_epsilon"));
        file.notNegative(key("attention.layer_norm_rms_epsilon"));
        file.notNegative(key("attention.group_norm_epsilon"));
        file.notNegative(key("hyper_connection.epsilon"));
    }

    private void pooling() {
        String poolingKey = key("pooling_type");
        long pooling = file.count(poolingKey, 0);
        if (pooling > LAST_POOLING && pooling != UNSPECIFIED) {
            throw file.wrong(poolingKey, "is " + pooling + ", but must be 0 to " + LAST_POOLING);
        }
    }
}
