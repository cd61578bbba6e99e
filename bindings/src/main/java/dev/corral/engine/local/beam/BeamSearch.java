package dev.corral.engine.local.beam;

import dev.corral.engine.FinishReason;
import dev.corral.engine.Search.Beams;
import dev.corral.engine.TokenLogprob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Which texts a beam search goes on with, and which it has found. The rules are those of Hugging Face's transformers:
 *
 * <ul>
 *   <li>Each step ranks the continuations of all beams by their summed log-probability, and looks at the first (1 + number
 *       of end tokens) · beams of them, at least 2 · beams. Where it samples, these are drawn without repetition, by the
 *       probabilities that the sums stand for.
 *   <li>Of these, the ones that end a text are found texts if they are among the first {@code beams}; the first {@code
 *       beams} that do not end are the beams of the next step.
 *   <li>Found texts are compared by score / length^lengthPenalty; the best {@code beams} are kept.
 *   <li>At the largest length every text ends.
 * </ul>
 *
 * <p>Knows nothing of models. Not thread-safe.
 */
public final class BeamSearch {

    /** A token that a beam may go on with. */
    public record Option(int token, double score, double logprob, List<TokenLogprob> top) {}

    /** Says why a text that goes on with a token would end there, or null. */
    @FunctionalInterface
    interface Ending {
        @Nullable
        FinishReason of(Beam beam, int token);
    }

    private record Candidate(int place, Option option, double score, double key) {}

    /** A beam of the next step, and the place of the one it comes from. */
    record Survivor(int place, Beam beam) {}

    private final Beams rules;
    private final int maxLength;
    private final int considered;
    private final Ending ending;
    private final @Nullable SplittableRandom random;
    private final @Nullable Beam[] beams;
    private final List<Beam> found = new ArrayList<>();
    private boolean over;

    /**
     * @param maxLength tokens of the longest text
     * @param endTokens how many tokens of the vocabulary end a text
     * @param random what sampling draws by; null to take the likeliest
     */
    BeamSearch(Beams rules, int maxLength, int endTokens, Ending ending, @Nullable SplittableRandom random) {
        this.rules = rules;
        this.maxLength = maxLength;
        this.considered = considered(rules, endTokens);
        this.ending = ending;
        this.random = random;
        this.beams = new Beam[rules.count()];
        beams[0] = Beam.EMPTY;
    }

    /** How many continuations a step looks at. */
    static int considered(Beams rules, int endTokens) {
        return Math.max(2, 1 + endTokens) * rules.count();
    }

    /** The beam at a place, or null. */
    @Nullable
    Beam beam(int place) {
        return beams[place];
    }

    boolean isOver() {
        return over;
    }

    /**
     * Takes the options of every beam, null at places that have none, and returns the beams of the next step. They are to
     * be {@linkplain #place put} at places before the next.
     */
    List<Survivor> advance(List<@Nullable List<Option>> options) {
        List<Candidate> candidates = ranked(options);
        List<Survivor> survivors = new ArrayList<>(rules.count());
        for (int rank = 0; rank < candidates.size(); rank++) {
            Candidate candidate = candidates.get(rank);
            Option option = candidate.option();
            @Nullable Beam beam = beams[candidate.place()];
            if (beam == null) {
                throw new IllegalStateException("an option of no beam");
            }
            @Nullable FinishReason reason = ending.of(beam, option.token());
            int length = beam.length() + 1;
            if (reason == null && length >= maxLength) {
                reason = FinishReason.LIMIT;
            }
            Beam longer =
                    new Beam(beam, option.token(), length, candidate.score(), option.logprob(), option.top(), reason);
            if (reason == null) {
                if (survivors.size() < rules.count()) {
                    survivors.add(new Survivor(candidate.place(), longer));
                }
            } else if (rank < rules.count()) {
                found.add(longer);
            }
        }
        keepBest();
        over = survivors.isEmpty() || isDecided(survivors.getFirst().beam());
        return survivors;
    }

    private List<Candidate> ranked(List<@Nullable List<Option>> options) {
        List<Candidate> all = new ArrayList<>();
        for (int place = 0; place < options.size(); place++) {
            @Nullable Beam beam = beams[place];
            @Nullable List<Option> own = options.get(place);
            if (beam == null || own == null) {
                continue;
            }
            for (Option option : own) {
                double score = beam.score() + option.score();
                if (score > Double.NEGATIVE_INFINITY) {
                    all.add(new Candidate(place, option, score, random == null ? score : score + gumbel(random)));
                }
            }
        }
        all.sort(Comparator.comparingDouble(Candidate::key).reversed());
        List<Candidate> first = all.subList(0, Math.min(considered, all.size()));
        // stable: what was drawn is ranked as what was not
        first.sort(Comparator.comparingDouble(Candidate::score).reversed());
        return first;
    }

    /** Noise with which the largest of several logarithms is a draw by their probabilities, and the largest k are k. */
    private static double gumbel(SplittableRandom random) {
        return -Math.log(-Math.log(Math.max(Double.MIN_NORMAL, random.nextDouble())));
    }

    private void keepBest() {
        found.sort(Comparator.comparingDouble((Beam text) -> text.normalized(rules.lengthPenalty()))
                .reversed());
        while (found.size() > rules.count()) {
            found.removeLast();
        }
    }

    /** Whether the texts that were found stand. */
    private boolean isDecided(Beam best) {
        if (found.size() < rules.count()) {
            return false;
        }
        double worst = found.getLast().normalized(rules.lengthPenalty());
        return switch (rules.earlyStopping()) {
            case AT_ONCE -> true;
            case ESTIMATED -> best.normalized(rules.lengthPenalty()) <= worst;
            case NEVER ->
                (rules.lengthPenalty() > 0
                                ? best.score() / Math.pow(maxLength, rules.lengthPenalty())
                                : best.normalized(rules.lengthPenalty()))
                        <= worst;
        };
    }

    /** Says which beam goes on at which place. */
    void place(@Nullable Beam[] next) {
        System.arraycopy(next, 0, beams, 0, beams.length);
    }

    /** The best texts, best first: those that were found, then those on their way. */
    List<Beam> best(int count) {
        List<Beam> best = new ArrayList<>(found);
        Arrays.stream(beams)
                .filter(beam -> beam != null && beam.length() > 0)
                .sorted(Comparator.comparingDouble((Beam beam) -> beam.normalized(rules.lengthPenalty()))
                        .reversed())
                .forEach(best::add);
        return best.subList(0, Math.min(count, best.size()));
    }
}
