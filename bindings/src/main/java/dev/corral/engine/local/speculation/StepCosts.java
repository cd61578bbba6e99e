package dev.corral.engine.local.speculation;

import java.util.Arrays;

/**
 * What a step costs on this machine: by how many completions run, and how much longer it takes with drafted rows. A row
 * may be nearly free or nearly as dear as a step of its own; it depends on model, machine and load, so it is measured
 * all the time.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class StepCosts {

    /** Draft lengths that are told apart. */
    static final int[] LENGTHS = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63};

    private static final double WEIGHT = 0.2;

    /** A sample that is further off counts as this far: a hiccup is no measurement. */
    private static final double MOST_OFF = 2;

    /** What rows cost fades while none is drafted, so that what was too dear once is tried again. */
    private static final double FORGETTING = 0.9995;

    /** What a row costs, as a share of a step, before one was measured. */
    private static final double FIRST_GUESS = 0.5;

    private final double[] plain;

    /** By how much a step without drafts is slower when the one before had some: graphs of another shape are made anew. */
    private double aftermath;

    private boolean drafted;

    /** Costs of a row by length: of a completion alone, and of one among others. */
    private final double[][] row = new double[2][LENGTHS.length];

    StepCosts(int slots) {
        plain = new double[slots + 1];
    }

    /** Nanoseconds of a step without drafts; 0 when that was not measured yet. */
    double plain(int completions) {
        return plain[completions];
    }

    /** Nanoseconds that so many drafted rows add to a step and to the one after it. */
    double rows(int completions, int rows) {
        return rows == 0 ? 0 : rows * rowCost(completions, rows) + aftermath;
    }

    private double rowCost(int completions, int rows) {
        double[] known = row[completions > 1 ? 1 : 0];
        int at = index(rows);
        for (int distance = 0; distance < LENGTHS.length; distance++) {
            double below = at - distance >= 0 ? known[at - distance] : 0;
            double above = at + distance < LENGTHS.length ? known[at + distance] : 0;
            if (below > 0 || above > 0) {
                return below > 0 ? below : above;
            }
        }
        return plain[completions] * FIRST_GUESS;
    }

    private static int index(int rows) {
        int found = Arrays.binarySearch(LENGTHS, rows);
        return found >= 0 ? found : Math.min(-found - 1, LENGTHS.length - 1);
    }

    /** A step without drafts took so long. */
    void measured(int completions, double nanos) {
        if (drafted && plain[completions] > 0) {
            double excess = Math.clamp(nanos - plain[completions], 0, plain[completions]);
            aftermath += WEIGHT * (excess - aftermath);
        } else {
            plain[completions] = blend(plain[completions], nanos);
        }
        drafted = false;
        for (double[] known : row) {
            for (int i = 0; i < known.length; i++) {
                known[i] *= FORGETTING;
            }
        }
    }

    /** A step with so many drafted rows took so long. */
    void measured(int completions, int rows, double nanos) {
        drafted = true;
        if (plain[completions] > 0) {
            double[] known = row[completions > 1 ? 1 : 0];
            double cost = Math.max(nanos - plain[completions], plain[completions] * 0.01) / rows;
            known[index(rows)] = blend(known[index(rows)], cost);
        }
    }

    private static double blend(double old, double fresh) {
        return old == 0 ? fresh : old + WEIGHT * (Math.clamp(fresh, old / MOST_OFF, old * MOST_OFF) - old);
    }
}
