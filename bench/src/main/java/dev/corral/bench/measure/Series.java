package dev.corral.bench.measure;

import java.util.List;

/**
 * The samples behind a figure, for whoever wants to look closer.
 *
 * @param name whose they are
 * @param unit such as tok/s
 */
public record Series(String name, String unit, List<Double> values) {

    public Series {
        values = List.copyOf(values);
    }

    public static Series of(String name, String unit, Samples samples) {
        return new Series(name, unit, samples.values());
    }
}
