package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.http.Fields;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The fields of a request for embeddings that dialects have in common, but for the texts themselves. */
public final class EmbeddingFields {

    private static final Map<String, Pooling> POOLINGS = Map.of(
            "none", Pooling.NONE,
            "mean", Pooling.MEAN,
            "cls", Pooling.CLS,
            "last", Pooling.LAST,
            "rank", Pooling.RANK);

    private EmbeddingFields() {}

    /** {@code pooling}, {@code embd_normalize} and {@code dimensions}. */
    public static Query.Embed read(Fields fields, List<Prompt> inputs, Defaults defaults) {
        return read(fields, inputs, defaults.normalize());
    }

    /**
     * The same.
     *
     * @param normalize by which norm, where the request doesn't say
     */
    public static Query.Embed read(Fields fields, List<Prompt> inputs, int normalize) {
        OptionalInt dimensions = fields.has("dimensions")
                ? OptionalInt.of(fields.integer("dimensions", Query.Embed.DIMENSIONS, 1))
                : OptionalInt.empty();
        return new Query.Embed(
                inputs,
                pooling(fields),
                fields.integer("embd_normalize", Query.Embed.NORMALIZE, normalize),
                dimensions);
    }

    /** Refuses what would give a vector for each token rather than one for each input. */
    public static void requireOneVector(Query.Embed query, ModelInfo model) {
        Pooling pooling = query.pooling() == Pooling.MODEL ? model.embedding().pooling() : query.pooling();
        if (pooling == Pooling.NONE) {
            throw new InvalidRequestException(
                    "pooling",
                    "none",
                    "must give one vector for each input here; /embeddings gives one for each token");
        }
    }

    private static Pooling pooling(Fields fields) {
        if (!fields.has("pooling")) {
            return Pooling.MODEL;
        }
        JsonNode value = fields.json().get("pooling");
        Pooling pooling = POOLINGS.get(value.asText());
        if (pooling == null) {
            throw fields.invalid("pooling", value, "must be none, mean, cls, last or rank");
        }
        return pooling;
    }
}
