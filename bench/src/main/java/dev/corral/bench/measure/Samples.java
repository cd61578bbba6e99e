package dev.corral.bench.measure;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Measurements of one thing, in the order in which they were taken. Not thread-safe. */
public final class Samples {

    private final List<Double> values = new ArrayList<>();

    public static Samples of(Collection<Double> values) {
        Samples samples = new Samples();
        values.forEach(samples::add);
        return samples;
    }

    public void add(double value) {
        values.add(value);
    }

    public List<Double> values() {
        return List.copyOf(values);
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    /** NaN when there are none. */
    public double median() {
        return quantile(0.5);
    }

    public double max() {
        return quantile(1);
    }

    /** By linear interpolation; NaN when there are none. */
    public double quantile(double part) {
        List<Double> sorted = values.stream().sorted().toList();
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        double at = part * (sorted.size() - 1);
        double low = sorted.get((int) Math.floor(at));
        double high = sorted.get((int) Math.ceil(at));
        return low + (high - low) * (at - Math.floor(at));
    }
}
