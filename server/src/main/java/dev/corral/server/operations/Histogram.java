package dev.corral.server.operations;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** How often a number was how large: for each bound, how many were not larger. Thread-safe. */
final class Histogram {

    private final double[] bounds;
    private final List<LongAdder> counts;
    private final DoubleAdder sum = new DoubleAdder();

    /** @param bounds in rising order */
    Histogram(double... bounds) {
        this.bounds = bounds.clone();
        this.counts = Stream.generate(LongAdder::new).limit(bounds.length + 1).toList();
    }

    /** Counts a number so many times. */
    void observe(double number, int times) {
        int bucket = 0;
        while (bucket < bounds.length && number > bounds[bucket]) {
            bucket++;
        }
        counts.get(bucket).add(times);
        sum.add(number * times);
    }

    /** Writes the samples of a family that is a histogram. */
    void writeTo(MetricsText text, String name, String... labels) {
        long total = 0;
        for (int i = 0; i <= bounds.length; i++) {
            total += counts.get(i).sum();
            text.sample(
                    name + "_bucket",
                    total,
                    Stream.concat(
                                    Stream.of(labels),
                                    Stream.of("le", i == bounds.length ? "+Inf" : MetricsText.number(bounds[i])))
                            .toArray(String[]::new));
        }
        text.sample(name + "_sum", sum.sum(), labels).sample(name + "_count", total, labels);
    }
}
