package dev.corral.engine.local.speculation;

import dev.corral.engine.Speculation;
import org.jspecify.annotations.Nullable;

/**
 * A completion's speculation: where its drafts come from, how they fared, and what they saved.
 *
 * <p>Not thread-safe; the engine thread's once its completion runs.
 */
public final class Lookahead {

    private final Speculation settings;
    private final @Nullable Drafter lookup;
    private @Nullable Odds odds;
    private double savedNanos;
    private int drafted;
    private int accepted;
    private int stepsSinceModel;

    private int kind;
    private int count;
    private int verified;

    private int foreseenKind;
    private int foreseenToken;
    private int foreseenAt = -1;

    /** @param lookup what drafts from the completion's own tokens, or null */
    public Lookahead(Speculation settings, @Nullable Drafter lookup) {
        this.settings = settings;
        this.lookup = lookup;
    }

    Speculation settings() {
        return settings;
    }

    @Nullable
    Drafter lookup() {
        return lookup;
    }

    /** How its drafts fare; at first, how those of others fared. */
    Odds odds(Odds others) {
        Odds own = odds;
        if (own == null) {
            own = others.ofCompletion();
            odds = own;
        }
        return own;
    }

    /** Tokens drafted so far. */
    public int drafted() {
        return drafted;
    }

    /** Drafted tokens that became output. */
    public int accepted() {
        return accepted;
    }

    /** A draft that the next step checks. */
    void drafting(int ofKind, int tokens) {
        kind = ofKind;
        count = tokens;
        verified = 0;
        drafted += tokens;
    }

    boolean isModels() {
        return kind == Odds.OF_MODEL;
    }

    /** Tokens of the draft that is being checked, or was last. */
    int count() {
        return count;
    }

    /** How many of them became output. */
    int verified() {
        return verified;
    }

    /** @param whole false when the token after the accepted ones was another than drafted */
    void verified(int tokens, boolean whole, Odds others) {
        verified = tokens;
        accepted += tokens;
        odds(others).verified(kind, tokens, whole);
    }

    /**
     * Notes what lookup would have drafted at a position, where a draft was not worth its cost: whether it would have
     * been accepted shows a step later, for nothing.
     */
    void foresee(int ofKind, int token, int position) {
        foreseenKind = ofKind;
        foreseenToken = token;
        foreseenAt = position;
    }

    /** Learns from what was foreseen. */
    void lookBack(int[] tokens, int length, Odds others) {
        if (foreseenAt >= 0 && foreseenAt < length) {
            boolean right = tokens[foreseenAt] == foreseenToken;
            odds(others).verified(foreseenKind, right ? 1 : 0, right);
        }
        foreseenAt = -1;
    }

    /** What its drafts have saved so far and not lost again, in nanoseconds. */
    double savedNanos() {
        return savedNanos;
    }

    /** Adds what a draft saved, or takes what it lost; returns what it lost beyond what was saved. */
    double settle(double nanos, double most) {
        savedNanos = Math.min(savedNanos + nanos, most);
        double lost = Math.min(savedNanos, 0);
        savedNanos -= lost;
        return lost;
    }

    /** True once in so many steps. */
    boolean isModelDue(int steps) {
        stepsSinceModel = stepsSinceModel >= steps ? 0 : stepsSinceModel + 1;
        return stepsSinceModel == 0;
    }

    /** Tokens in the middle were forgotten. */
    public void reset() {
        foreseenAt = -1;
        if (lookup != null) {
            lookup.reset();
        }
    }
}
