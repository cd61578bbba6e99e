package dev.corral.engine.local.speculation;

import org.jspecify.annotations.Nullable;

/**
 * How likely a drafted token is accepted, given that those before it were. Counted by how much spoke for the draft; what
 * is long ago counts less. A completion's own counts start from what the engine has seen in others.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class Odds {

    /** The class of drafts made by a draft model. */
    static final int OF_MODEL = 5;

    /** By class, before anything was seen. Lookup's rise with the length of the match. */
    private static final double[] FIRST = {0.4, 0.55, 0.7, 0.85, 0.95, 0.6};

    private final @Nullable Odds others;
    private final double belief;
    private final double memory;
    private final double[] tested = new double[FIRST.length];
    private final double[] accepted = new double[FIRST.length];

    /** An engine's. */
    Odds() {
        this(null, 8, 512);
    }

    private Odds(@Nullable Odds others, double belief, double memory) {
        this.others = others;
        this.belief = belief;
        this.memory = memory;
    }

    /** A completion's, which believes these at first. */
    Odds ofCompletion() {
        return new Odds(this, 4, 64);
    }

    /** The class of a lookup by how many tokens matched. */
    static int ofMatch(int tokens) {
        if (tokens < 4) {
            return 0;
        }
        if (tokens < 6) {
            return 1;
        }
        if (tokens < 10) {
            return 2;
        }
        return tokens < 20 ? 3 : 4;
    }

    double acceptance(int kind) {
        double before = others == null ? FIRST[kind] : others.acceptance(kind);
        return (accepted[kind] + belief * before) / (tested[kind] + belief);
    }

    /** Learns from a draft of which {@code count} tokens were accepted, and one more was not unless {@code whole}. */
    void verified(int kind, int count, boolean whole) {
        tested[kind] += count + (whole ? 0 : 1);
        accepted[kind] += count;
        if (tested[kind] > memory) {
            double share = memory / 2 / tested[kind];
            tested[kind] *= share;
            accepted[kind] *= share;
        }
        if (others != null) {
            others.verified(kind, count, whole);
        }
    }

    /** Tokens of a draft that are accepted on average. */
    static double expected(double acceptance, int drafted) {
        return acceptance > 0.999
                ? drafted * acceptance
                : acceptance * (1 - Math.pow(acceptance, drafted)) / (1 - acceptance);
    }
}
