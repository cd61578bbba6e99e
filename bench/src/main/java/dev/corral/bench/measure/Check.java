package dev.corral.bench.measure;

import java.util.Locale;

/**
 * One thing that a row must reach.
 *
 * @param must in words
 * @param reached in figures
 * @param passed whether it did
 */
public record Check(String must, String reached, boolean passed) {

    /** A ratio that must not be less. */
    public static Check atLeast(double least, String of, double ratio) {
        return new Check("≥ %s %s".formatted(ratio(least), of), ratio(ratio), ratio >= least);
    }

    /** A ratio that must not be more. */
    public static Check atMost(double most, String of, double ratio) {
        return new Check("≤ %s %s".formatted(ratio(most), of), ratio(ratio), ratio <= most);
    }

    /** As a line for whoever watches. */
    public String inWords() {
        return "%s  %s: %s".formatted(passed ? "pass" : "MISS", must, reached);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.1f", value);
    }
}
