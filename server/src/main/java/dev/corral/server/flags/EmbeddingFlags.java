package dev.corral.server.flags;

import dev.corral.engine.Pooling;
import dev.corral.engine.Query;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags for embeddings and rerankers. */
final class EmbeddingFlags {

    @Option(
            names = "--pooling",
            paramLabel = "TYPE",
            defaultValue = "${LLAMA_ARG_POOLING}",
            description = "How to pool embeddings: none, mean, cls, last or rank. "
                    + "The model's own without that, or mean where it has none.")
    @Nullable
    String pooling;

    @Option(
            names = {"--rerank", "--reranking"},
            defaultValue = "${LLAMA_ARG_RERANKING:-false}",
            description = "Take the model for a reranker even if its file does not say so.")
    boolean reranking;

    @Option(
            names = "--embd-normalize",
            paramLabel = "N",
            defaultValue = "2",
            description = "How to normalize embeddings: -1 not at all, 0 to a largest number of 32760, 1 by the sum, "
                    + "2 by Euclidean length, p by the p-norm (default: ${DEFAULT-VALUE}).")
    int normalize = Query.Embed.EUCLIDEAN;

    LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        return options.pooling(reranking ? Pooling.RANK : pooling());
    }

    private Pooling pooling() {
        return switch (Optional.ofNullable(pooling).orElse("").toLowerCase(Locale.ROOT)) {
            case "" -> Pooling.MODEL;
            case "none" -> Pooling.NONE;
            case "mean" -> Pooling.MEAN;
            case "cls" -> Pooling.CLS;
            case "last" -> Pooling.LAST;
            case "rank" -> Pooling.RANK;
            default -> throw new BadFlag("--pooling must be none, mean, cls, last or rank, but is " + pooling);
        };
    }
}
