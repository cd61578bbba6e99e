package dev.corral.engine.local.score;

import dev.corral.engine.Likelihood;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.completion.TokenScores.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens must be computed to score texts, each of them once. The output after a run of tokens says how likely every
 * token after it is, so texts that differ in their last token only need one run, and texts that begin alike share what
 * they begin with: the first that computes an output scores with it for all.
 *
 * <p>Runs are in an order in which those that share a prefix are neighbours.
 */
final class ScorePlan {

    /**
     * A text.
     *
     * @param from the first token that is scored, at least 1
     */
    record Text(int[] tokens, int from) {
        Text {
            if (from < 1) {
                throw new IllegalArgumentException("nothing precedes the first token");
            }
        }
    }

    /** Tokens to compute, and what is scored by their outputs. */
    record Run(int[] tokens, List<Target> targets) {}

    private final List<Run> runs = new ArrayList<>();
    private final List<List<Target>> targets = new ArrayList<>();

    static ScorePlan of(List<Text> texts) {
        return new ScorePlan(texts);
    }

    private ScorePlan(List<Text> texts) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            order.add(i);
            targets.add(new ArrayList<>());
        }
        // descending: a text comes after those that go on where it ends
        order.sort((a, b) -> Arrays.compare(texts.get(b).tokens(), texts.get(a).tokens()));
        @Nullable Run[] owners = new Run[0];
        int[] previous = {};
        for (int i : order) {
            Text text = texts.get(i);
            int outputs = Math.max(0, text.tokens().length - 1);
            int mismatch = Arrays.mismatch(previous, text.tokens());
            int common = Math.min(mismatch < 0 ? previous.length : mismatch, outputs);
            owners = Arrays.copyOf(Arrays.copyOf(owners, common), outputs);
            assign(text, owners, targets.get(i));
            previous = text.tokens();
        }
    }

    /** @param owners which run computes the output at each position of this text; null where none does yet */
    private void assign(Text text, @Nullable Run[] owners, List<Target> own) {
        @Nullable Run fresh = null;
        for (int position = text.from() - 1; position < owners.length; position++) {
            @Nullable Run owner = owners[position];
            if (owner == null) {
                if (fresh == null) {
                    fresh = new Run(Arrays.copyOf(text.tokens(), owners.length), new ArrayList<>());
                    runs.add(fresh);
                }
                owner = fresh;
            }
            Target target = new Target(position, text.tokens()[position + 1]);
            owner.targets().add(target);
            own.add(target);
        }
        if (fresh != null) {
            for (int position = 0; position < owners.length; position++) {
                owners[position] = owners[position] == null ? fresh : owners[position];
            }
        }
    }

    List<Run> runs() {
        return runs;
    }

    /** What came of a text, once all runs are complete. */
    Likelihood likelihood(int text) {
        return likelihood(targets.get(text));
    }

    static Likelihood likelihood(List<Target> scored) {
        return new Likelihood(
                scored.stream().mapToDouble(Target::logprob).sum(),
                scored.stream().allMatch(Target::isLikeliest),
                Tokens.of(scored.stream().mapToInt(Target::token).toArray()),
                scored.stream().map(Target::logprob).toList());
    }

    /** What came of several texts that make up one. */
    Likelihood likelihood(int firstText, int count) {
        return likelihood(targets.subList(firstText, firstText + count).stream()
                .flatMap(List::stream)
                .toList());
    }
}
