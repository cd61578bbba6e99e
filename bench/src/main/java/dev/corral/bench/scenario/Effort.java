package dev.corral.bench.scenario;

import java.util.List;

/**
 * How much to do.
 *
 * @param quick only enough to see that the program works
 * @param rounds how often each contender's turn comes
 * @param streams how many clients stream at once, point by point
 */
public record Effort(boolean quick, int rounds, List<Integer> streams) {

    public Effort {
        streams = List.copyOf(streams);
    }

    /** A size of the work, or a smaller one where the run is a quick one. */
    public int of(int full, int small) {
        return quick ? small : full;
    }

    /** Rounds of work that takes long: not more than {@code most}. */
    public int rounds(int most) {
        return Math.min(rounds, most);
    }
}
