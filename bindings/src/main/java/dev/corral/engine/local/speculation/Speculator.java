package dev.corral.engine.local.speculation;

import dev.corral.engine.Speculation;
import dev.corral.engine.local.measure.Counters;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is drafted for the next step, and learns from what came of it.
 *
 * <p>A draft is as long as promises the most tokens a second, by the odds of its kind and the measured cost of its rows;
 * often that is no draft. Odds are learned also from drafts that were not made: whether lookup was right shows in the
 * next token. Losses are paid from what the completion's drafts saved before, and from an allowance of
 * {@value #ALLOWANCE} of the time that plain steps take: text that can't be foreseen is slowed by that at most.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Speculator {

    /** Drafted rows of a step, of all completions together. */
    public static final int MAX_ROWS = Speculation.MAX_TOKENS;

    private static final double ALLOWANCE = 0.005;

    /** Plain steps that the allowance may add up to. */
    private static final double MOST_ALLOWED = 1.5;

    /** Plain steps that a completion may lose of those that it saved. */
    private static final double MOST_SAVED = 64;

    /** A draft must promise so much more than none. */
    private static final double WORTHWHILE = 1.1;

    /** Steps after which a draft model that does not pay is tried again. */
    private static final int RETRY = 64;

    private static final int RETRY_TOKENS = 3;

    private final int contextSize;
    private final double stepTargetNanos;
    private final IntPredicate endsText;
    private final boolean possible;
    private final @Nullable DraftModel model;
    private final Counters counters;
    private final StepCosts costs;
    private final Odds odds = new Odds();
    private final List<Lookahead> drafting = new ArrayList<>();
    private final List<Draftable> modelled = new ArrayList<>();
    private double allowance = Double.NaN;
    private int completions;
    private int rows;
    private double expected;

    /**
     * @param contextSize tokens of one completion
     * @param stepTargetNanos how long a step may take while several stream
     * @param endsText which tokens end a text: nothing is drafted behind one
     * @param possible whether the model's memory can be cut back to the last accepted token
     */
    public Speculator(
            int slots,
            int contextSize,
            double stepTargetNanos,
            IntPredicate endsText,
            boolean possible,
            @Nullable DraftModel model,
            Counters counters) {
        this.contextSize = contextSize;
        this.stepTargetNanos = stepTargetNanos;
        this.endsText = endsText;
        this.possible = possible;
        this.model = model;
        this.counters = counters;
        this.costs = new StepCosts(slots);
    }

    public boolean isPossible() {
        return possible;
    }

    /**
     * Drafts for the next step. A step that prefills checks nothing, so that it keeps to its time.
     *
     * @param running every completion that the step computes
     * @param mostRows how many tokens the step can take beyond one a completion
     */
    public void draft(List<? extends Draftable> running, int mostRows) {
        drafting.clear();
        modelled.clear();
        rows = 0;
        completions = 0;
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).isPrefilling()) {
                return;
            }
        }
        completions = running.size();
        expected = completions;
        int room = Math.min(MAX_ROWS, mostRows);
        for (int i = 0; i < completions; i++) {
            Draftable text = running.get(i);
            @Nullable Lookahead lookahead = text.lookahead();
            if (lookahead != null
                    && text.generated() > 0
                    && !lookup(text, lookahead, room)
                    && model != null
                    && lookahead.settings().draftModel().isOn()) {
                modelled.add(text);
            }
        }
        if (model != null && !modelled.isEmpty()) {
            askModel(model, room);
        }
    }

    private boolean lookup(Draftable text, Lookahead lookahead, int room) {
        @Nullable Drafter lookup = lookahead.lookup();
        if (lookup == null) {
            return false;
        }
        lookahead.lookBack(text.tokens(), text.length(), odds);
        int evidence = lookup.evidence(text.tokens(), text.length());
        if (evidence == 0) {
            return false;
        }
        int kind = Odds.ofMatch(evidence);
        int most = Math.min(
                Math.min(room - rows, text.draftable(contextSize)),
                lookahead.settings().lookup().maxTokens());
        int length = most <= 0 ? 0 : worthwhile(lookahead, kind, most, 0);
        int drafted = lookup.draft(text.roomFor(Math.max(length, 1)), text.length(), Math.max(length, 1));
        if (length == 0) {
            if (drafted > 0) {
                lookahead.foresee(kind, text.tokens()[text.length()], text.length());
            }
            return false;
        }
        return take(text, lookahead, kind, drafted);
    }

    /** Takes a draft that stands behind the completion's tokens, as far as it does not end the text. */
    private boolean take(Draftable text, Lookahead lookahead, int kind, int drafted) {
        int count = 0;
        while (count < drafted && !endsText.test(text.tokens()[text.length() + count])) {
            count++;
        }
        if (count == 0) {
            return false;
        }
        text.draft(count);
        expected += Odds.expected(lookahead.odds(odds).acceptance(kind), count);
        rows += count;
        lookahead.drafting(kind, count);
        drafting.add(lookahead);
        counters.drafted(count, kind != Odds.OF_MODEL);
        return true;
    }

    private void askModel(DraftModel draftModel, int room) {
        int share = (room - rows) / modelled.size();
        for (int i = 0; i < modelled.size(); i++) {
            Draftable text = modelled.get(i);
            Lookahead lookahead = lookaheadOf(text);
            int most = Math.min(
                    Math.min(share, text.draftable(contextSize)),
                    lookahead.settings().draftModel().maxTokens());
            if (most > 0) {
                int length = worthwhile(lookahead, Odds.OF_MODEL, most, draftModel.nanosPerToken());
                if (length == 0 && lookahead.isModelDue(RETRY)) {
                    length = Math.min(RETRY_TOKENS, most);
                }
                if (length > 0) {
                    draftModel.ask(text, length, lookahead.settings().draftModel());
                }
            }
        }
        draftModel.draft((text, drafted) -> {
            Lookahead lookahead = lookaheadOf(text);
            if (drafted >= Math.max(1, lookahead.settings().draftModel().minTokens())) {
                take(text, lookahead, Odds.OF_MODEL, drafted);
            }
        });
    }

    private static Lookahead lookaheadOf(Draftable text) {
        Lookahead lookahead = text.lookahead();
        if (lookahead == null) {
            throw new IllegalStateException("a completion that drafts nothing");
        }
        return lookahead;
    }

    /**
     * The length of a draft that promises the most tokens a second; 0 when none does, or what it may lose can't be afforded.
     *
     * @param draftNanos what a token costs to draft
     */
    private int worthwhile(Lookahead lookahead, int kind, int most, double draftNanos) {
        if (!lookahead.settings().adaptive()) {
            return most;
        }
        double plain = costs.plain(completions);
        if (plain == 0) {
            return 0;
        }
        double acceptance = lookahead.odds(odds).acceptance(kind);
        double affordable = allowance + lookahead.savedNanos();
        double before = plain + costs.rows(completions, rows);
        double best = expected / before * WORTHWHILE;
        int length = 0;
        for (int candidate : StepCosts.LENGTHS) {
            double nanos = plain + costs.rows(completions, rows + candidate) + candidate * draftNanos;
            if (candidate > most
                    || (nanos - before) * (1 - acceptance) > affordable
                    || (completions > 1 && nanos > Math.max(stepTargetNanos, 2 * plain))) {
                break;
            }
            double rate = (expected + Odds.expected(acceptance, candidate)) / nanos;
            if (rate > best) {
                best = rate;
                length = candidate;
            }
        }
        return length;
    }

    /**
     * Says what came of a completion's draft.
     *
     * @param accepted how many of its tokens became output
     * @param ended true when the text ended with them
     */
    public void verified(Draftable text, int accepted, boolean ended) {
        Lookahead lookahead = lookaheadOf(text);
        lookahead.verified(accepted, ended || accepted == text.drafted(), odds);
        counters.accepted(accepted, !lookahead.isModels());
        if (model != null) {
            model.verified(text, accepted);
        }
    }

    /** Learns from a step that took {@code nanos}, drafting included. */
    public void stepped(long nanos) {
        if (model != null) {
            model.settle();
        }
        if (completions == 0) {
            return;
        }
        if (rows == 0) {
            costs.measured(completions, nanos);
            double most = MOST_ALLOWED * costs.plain(completions);
            allowance = Double.isNaN(allowance) ? most : Math.min(allowance + nanos * ALLOWANCE, most);
            return;
        }
        counters.speculated();
        costs.measured(completions, rows, nanos);
        double plain = costs.plain(completions);
        double row = costs.rows(completions, rows) / rows;
        for (int i = 0; i < drafting.size(); i++) {
            Lookahead lookahead = drafting.get(i);
            if (lookahead.settings().adaptive()) {
                double net = lookahead.verified() * plain / completions - lookahead.count() * row;
                allowance += lookahead.settle(net, MOST_SAVED * plain);
            }
        }
    }

    /** @throws IllegalStateException when the draft model's cache disagrees with itself */
    public void checkInvariants() {
        if (model != null) {
            model.checkInvariants();
        }
    }

    /** Gives the draft model's context to the engine thread. */
    public void handTo(Thread thread) {
        if (model != null) {
            model.handTo(thread);
        }
    }

    /** Forgets what the draft model holds, after a fault. */
    public void clear() {
        if (model != null) {
            model.clear();
        }
    }

    /** Frees the draft model's context. */
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
