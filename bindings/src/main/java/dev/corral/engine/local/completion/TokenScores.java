package dev.corral.engine.local.completion;

import dev.corral.engine.TokenLogprob;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tokens whose log-probabilities one completion computes on its way: each is a token that follows one of the
 * completion's own. Filled in place by place, after each step; what was scored stays when the completion has
 * to leave its slot.
 *
 * <p>Not thread-safe; the engine thread's, until it is complete.
 */
public final class TokenScores {

    /** One token after the completion's token at a position, and what came of it. */
    public static final class Target {
        private final int position;
        private final int token;
        private double logprob = Double.NaN;
        private boolean likeliest;
        private List<TokenLogprob> top = List.of();

        public Target(int position, int token) {
            this.position = position;
            this.token = token;
        }

        public int position() {
            return position;
        }

        public int token() {
            return token;
        }

        public double logprob() {
            return logprob;
        }

        /** Whether no token was likelier. */
        public boolean isLikeliest() {
            return likeliest;
        }

        public List<TokenLogprob> top() {
            return top;
        }

        public void score(double ownLogprob, boolean isLikeliest, List<TokenLogprob> likeliestTokens) {
            logprob = ownLogprob;
            likeliest = isLikeliest;
            top = likeliestTokens;
        }
    }

    /** Of a completion whose tokens nobody scores. */
    public static final TokenScores NONE = new TokenScores(List.of(), 0, false, _ -> {});

    private final List<Target> targets;
    private final int top;
    private final boolean shared;
    private final Consumer<List<Target>> onComplete;
    private int scored;

    /**
     * @param top how many of the likeliest tokens to report with each
     * @param shared whether these are a prompt's own tokens, one after the other, so that others may take them over
     * @param onComplete told when all are scored, by the engine thread
     */
    public TokenScores(List<Target> targets, int top, boolean shared, Consumer<List<Target>> onComplete) {
        this.targets = targets.stream()
                .sorted(Comparator.comparingInt(Target::position))
                .toList();
        this.top = top;
        this.shared = shared;
        this.onComplete = onComplete;
    }

    public int top() {
        return top;
    }

    /** The completion has started: where nothing is to be scored, that is complete. */
    void start() {
        if (targets.isEmpty()) {
            onComplete.accept(targets);
        }
    }

    public boolean isShared() {
        return shared;
    }

    public int size() {
        return targets.size();
    }

    /** How many targets are scored, the first ones. */
    public int scored() {
        return scored;
    }

    /** Takes over the first {@code count} scores, short of the last, from another that has them. */
    public void inherit(TokenScores other, int count) {
        for (; scored < count; scored++) {
            Target theirs = other.targets.get(scored);
            targets.get(scored)
                    .score(theirs.logprob, theirs.likeliest, theirs.top.subList(0, Math.min(top, theirs.top.size())));
        }
    }

    /** The first position whose output is still needed: what the cache holds of a completion is of use up to there. */
    int firstPosition() {
        return scored < targets.size() ? targets.get(scored).position() : Integer.MAX_VALUE;
    }

    /** Whether the output at a position is still needed. */
    boolean needs(int position) {
        int low = scored;
        int high = targets.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int found = targets.get(middle).position();
            if (found == position) {
                return true;
            }
            if (found < position) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }

    /** How many outputs are needed of {@code count} tokens from a position on. */
    int outputs(int from, int count) {
        int outputs = 0;
        int last = -1;
        for (int i = scored; i < targets.size() && targets.get(i).position() < from + count; i++) {
            outputs += targets.get(i).position() == last ? 0 : 1;
            last = targets.get(i).position();
        }
        return outputs;
    }

    /** How many of {@code count} tokens from a position on can be computed without more than {@code most} outputs. */
    int within(int from, int count, int most) {
        int outputs = 0;
        int last = -1;
        for (int i = scored; i < targets.size(); i++) {
            int position = targets.get(i).position();
            if (position >= from + count) {
                break;
            }
            if (position != last && ++outputs > most) {
                return position - from;
            }
            last = position;
        }
        return count;
    }

    /** The next target at a position before {@code end}, as long as there is one; {@code ahead} are looked at already. */
    public boolean hasNextBefore(int end, int ahead) {
        int next = scored + ahead;
        return next < targets.size() && targets.get(next).position() < end;
    }

    public Target next(int ahead) {
        return targets.get(scored + ahead);
    }

    /** The next {@code count} targets are scored. */
    public void advance(int count) {
        scored += count;
        if (count > 0 && scored == targets.size()) {
            onComplete.accept(targets);
        }
    }
}
