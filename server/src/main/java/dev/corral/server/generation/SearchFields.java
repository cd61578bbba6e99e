package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Generate;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Search;
import dev.corral.engine.Search.EarlyStopping;
import dev.corral.server.http.Fields;

/**
 * The fields of a request that say how its completions are found: OpenAI's {@code best_of}, and Hugging Face's {@code
 * num_beams}, {@code length_penalty}, {@code early_stopping} (true, false or "never") and {@code do_sample}.
 */
public final class SearchFields {

    private SearchFields() {}

    /**
     * Reads them.
     *
     * @param completions how many completions are asked for
     */
    public static Search read(Fields fields, int completions) {
        int beams = fields.integer("num_beams", Search.Beams.COUNT, 1);
        int candidates = fields.integer("best_of", Generate.COMPLETIONS, completions);
        double lengthPenalty = fields.decimal("length_penalty", Search.Beams.LENGTH_PENALTY, 1);
        EarlyStopping earlyStopping = fields.node("early_stopping")
                .map(value -> earlyStopping(fields, value))
                .orElse(EarlyStopping.ESTIMATED);
        boolean sampled = fields.flag("do_sample", false);
        if (beams == 1) {
            return candidates == completions ? Search.EACH : new Search.BestOf(candidates);
        }
        if (fields.has("best_of") && candidates != completions) {
            throw new InvalidRequestException(
                    "best_of", Integer.toString(candidates), "can't be combined with num_beams");
        }
        return new Search.Beams(beams, lengthPenalty, earlyStopping, sampled);
    }

    private static EarlyStopping earlyStopping(Fields fields, JsonNode value) {
        if (value.isBoolean()) {
            return value.booleanValue() ? EarlyStopping.AT_ONCE : EarlyStopping.ESTIMATED;
        }
        if (value.isTextual() && value.textValue().equals("never")) {
            return EarlyStopping.NEVER;
        }
        throw fields.invalid("early_stopping", value, "must be true, false or \"never\"");
    }
}
