package dev.corral.engine.local.embedding;

import dev.corral.engine.Capability;
import dev.corral.engine.Pooling;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.Model;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a model can do, and how it makes vectors.
 *
 * @param generates it can continue a text
 * @param ranks it has a reranker's head
 * @param encodes its encoder computes, apart from any memory
 * @param whole an input must be computed at once: its tokens see later ones, or there is no memory to go on from
 * @param pooling the model's own, or what the options put in its place
 * @param limit tokens of the longest input
 */
public record EmbeddingTraits(
        boolean generates, boolean ranks, boolean encodes, boolean whole, Pooling pooling, int limit) {

    /** Tokens of the longest input of an encoder that was trained for more, unless asked for. */
    private static final int ENOUGH = 2048;

    /** @throws IllegalArgumentException when the model is of a kind that can neither generate nor embed here */
    public static void checkKind(Model model, String name) {
        if (model.hasEncoder() && model.hasDecoder()) {
            throw new IllegalArgumentException(
                    name + " has both an encoder and a decoder; such models (T5 and its like) are not supported");
        }
        if (model.isDiffusion()) {
            throw new IllegalArgumentException(
                    name + " is a diffusion model, which makes a text all at once; such models are not supported");
        }
    }

    /** Of a model that can continue a text of so many tokens. */
    public static EmbeddingTraits ofDecoder(Model model, LocalEngineOptions options, int contextSize) {
        return of(model, options, true, contextSize);
    }

    /** Of a model that only embeds, or ranks. */
    public static EmbeddingTraits ofEncoder(Model model, LocalEngineOptions options) {
        return of(model, options, false, encoderLimit(model, options));
    }

    private static EmbeddingTraits of(Model model, LocalEngineOptions options, boolean generates, int limit) {
        boolean ranks = options.pooling() == Pooling.RANK || model.poolingType() == dev.corral.llama.Pooling.RANK;
        return new EmbeddingTraits(
                generates,
                ranks,
                !model.hasDecoder(),
                !generates,
                options.pooling() == Pooling.MODEL ? own(model) : options.pooling(),
                limit);
    }

    private static Pooling own(Model model) {
        return switch (model.poolingType()) {
            case UNSPECIFIED, MEAN -> Pooling.MEAN;
            case NONE -> Pooling.NONE;
            case CLS -> Pooling.CLS;
            case LAST -> Pooling.LAST;
            case RANK -> Pooling.RANK;
        };
    }

    /** Positions beyond those that it was trained for may not exist in the model at all. */
    private static int encoderLimit(Model model, LocalEngineOptions options) {
        int wanted = Math.max(options.contextSize() > 0 ? options.contextSize() : ENOUGH, options.microBatchSize());
        return Math.max(1, Math.min(model.trainedContext(), wanted));
    }

    public Set<Capability> capabilities() {
        Set<Capability> capabilities = EnumSet.of(Capability.EMBED);
        if (generates) {
            capabilities.add(Capability.GENERATE);
        }
        if (ranks) {
            capabilities.add(Capability.RERANK);
        }
        return capabilities;
    }
}
