package dev.corral.server.generation;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import dev.corral.server.http.Fields;
import java.util.Optional;

/** {@code logprobs} and {@code top_logprobs}, as OpenAI has them in conversations. */
public final class LogprobsFields {

    private static final Range TOP = Range.of(0, 20);

    private LogprobsFields() {}

    /** How many of the likeliest tokens to show with each; empty for no logprobs at all. */
    public static Optional<Integer> top(Fields fields) {
        int top = fields.integer("top_logprobs", TOP, 0);
        if (fields.flag("logprobs", false)) {
            return Optional.of(top);
        }
        if (top > 0) {
            throw new InvalidRequestException("top_logprobs", Integer.toString(top), "needs logprobs to be true");
        }
        return Optional.empty();
    }
}
