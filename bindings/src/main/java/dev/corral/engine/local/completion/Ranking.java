package dev.corral.engine.local.completion;

import dev.corral.engine.Event;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Holds back several completions until all have ended, and lets the best of them pass, best first: those whose tokens
 * have the highest mean log-probability, which is OpenAI's rule for {@code best_of}.
 *
 * <p>Used by one thread at a time.
 */
final class Ranking {

    /** What one completion has said so far. */
    private static final class Candidate {
        private final StringBuilder text = new StringBuilder();
        private final IntStream.Builder tokens = IntStream.builder();
        private final List<TokenLogprob> logprobs = new ArrayList<>();

        double score() {
            return logprobs.stream()
                    .mapToDouble(TokenLogprob::logprob)
                    .average()
                    .orElse(Double.NEGATIVE_INFINITY);
        }
    }

    private record Ended(Event.Finished finished, Candidate candidate) {}

    private final Candidate[] candidates;
    private final int passing;
    private final boolean showsLogprobs;
    private final List<Ended> ended = new ArrayList<>();

    /**
     * @param passing how many of the candidates pass
     * @param showsLogprobs whether their log-probabilities do, too
     */
    Ranking(int candidates, int passing, boolean showsLogprobs) {
        this.candidates = new Candidate[candidates];
        Arrays.setAll(this.candidates, i -> new Candidate());
        this.passing = passing;
        this.showsLogprobs = showsLogprobs;
    }

    /** Takes an event; what may pass now is returned. */
    List<Event> take(Event event) {
        return switch (event) {
            case Event.Delta delta -> {
                Candidate candidate = candidates[delta.index()];
                candidate.text.append(delta.text());
                delta.tokens().stream().forEach(candidate.tokens);
                candidate.logprobs.addAll(delta.logprobs());
                yield List.of();
            }
            case Event.Finished finished -> {
                ended.add(new Ended(finished, candidates[finished.index()]));
                yield ended.size() == candidates.length ? best() : List.of();
            }
            default -> List.of(event);
        };
    }

    private List<Event> best() {
        ended.sort(Comparator.comparingDouble((Ended one) -> one.candidate().score())
                .reversed()
                .thenComparingInt(one -> one.finished().index()));
        List<Event> events = new ArrayList<>(2 * passing);
        for (int rank = 0; rank < passing; rank++) {
            Candidate candidate = ended.get(rank).candidate();
            Event.Finished finished = ended.get(rank).finished();
            events.add(new Event.Delta(
                    rank,
                    candidate.text.toString(),
                    Tokens.of(candidate.tokens.build().toArray()),
                    showsLogprobs ? candidate.logprobs : List.of()));
            events.add(new Event.Finished(
                    rank, finished.reason(), finished.stoppingWord(), finished.usage(), finished.timings()));
        }
        return events;
    }
}
