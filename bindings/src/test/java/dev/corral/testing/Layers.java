package dev.corral.testing;

import static dev.corral.testing.ModelFile.FEED_FORWARD;
import static dev.corral.testing.ModelFile.HEADS;
import static dev.corral.testing.ModelFile.KV_HEADS;
import static dev.corral.testing.ModelFile.WIDTH;

/**
 * Parts of a layer that several architectures share. Gains are chosen so that a layer adds about as much as it is given,
 * and attention looks at few of many tokens: the next token then depends on the whole text, not on the last token alone.
 */
final class Layers {
    static final float ATTENTION_SHARPNESS = 1.8f;
    static final float ATTENTION_OUTPUT = 3;
    private static final float FEED_FORWARD_OUTPUT = 2;

    private Layers() {}

    static String of(int layer, String tensor) {
        return "blk." + layer + "." + tensor;
    }

    /** Grouped-query attention with heads of the given size, without its norm. */
    static void attention(ModelFile model, int layer, int head) {
        model.matrix(of(layer, "attn_q.weight"), ATTENTION_SHARPNESS, WIDTH, HEADS * head)
                .matrix(of(layer, "attn_k.weight"), ATTENTION_SHARPNESS, WIDTH, KV_HEADS * head)
                .matrix(of(layer, "attn_v.weight"), 1, WIDTH, KV_HEADS * head)
                .matrix(of(layer, "attn_output.weight"), ATTENTION_OUTPUT, HEADS * head, WIDTH);
    }

    /** A gated feed-forward network, without its norm. */
    static void feedForward(ModelFile model, int layer) {
        model.matrix(of(layer, "ffn_gate.weight"), 1, WIDTH, FEED_FORWARD)
                .matrix(of(layer, "ffn_up.weight"), 1, WIDTH, FEED_FORWARD)
                .matrix(of(layer, "ffn_down.weight"), FEED_FORWARD_OUTPUT, FEED_FORWARD, WIDTH);
    }

    /** Both, each behind a norm. */
    static void transformer(ModelFile model, int layer, int head) {
        model.norm(of(layer, "attn_norm.weight"), WIDTH);
        attention(model, layer, head);
        model.norm(of(layer, "ffn_norm.weight"), WIDTH);
        feedForward(model, layer);
    }
}
