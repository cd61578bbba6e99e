package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
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
        OptionalInt dimensions = fields.has("dimensions")
                ? OptionalInt.of(fields.integer("dimensions", Query.Embed.DIMENSIONS, 1))
                : OptionalInt.empty();
        return new Query.Embed(
                inputs,
                pooling(fields),
                fields.integer("embd_normalize", Query.Embed.NORMALIZE, defaults.normalize()),
                dimensions);
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
