package dev.corral.engine.local.beam;

import dev.corral.engine.FinishReason;
import dev.corral.engine.TokenLogprob;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A generated text during a beam search: its last token, and the beam that it goes on from. Immutable, so that beams share
 * what they have in common.
 *
 * @param parent the beam before the last token; null for the empty text
 * @param length tokens, the end token included
 * @param score sum of the tokens' log-probabilities, as penalties and biases have changed them
 * @param logprob the last token's own log-probability, by the raw logits
 * @param top the likeliest tokens at the last one's place, as far as they are to be reported
 * @param ending why the text ends here, or null when it goes on
 */
record Beam(
        @Nullable Beam parent,
        int token,
        int length,
        double score,
        double logprob,
        List<TokenLogprob> top,
        @Nullable FinishReason ending) {

    static final Beam EMPTY = new Beam(null, -1, 0, 0, 0, List.of(), null);

    /** The score by which texts of different lengths are compared. */
    double normalized(double lengthPenalty) {
        return length == 0 ? Double.NEGATIVE_INFINITY : score / Math.pow(length, lengthPenalty);
    }

    /** The beams from the first token to this one. */
    Beam[] path() {
        Beam[] path = new Beam[length];
        for (Beam beam = this; beam != null && beam.length > 0; beam = beam.parent) {
            path[beam.length - 1] = beam;
        }
        return path;
    }

    int[] tokens() {
        return Arrays.stream(path()).mapToInt(Beam::token).toArray();
    }
}
