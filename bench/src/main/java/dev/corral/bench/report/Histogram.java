package dev.corral.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How values are spread, in bins that double; one bar a contender and bin. Not thread-safe. */
public final class Histogram {

    private final String xTitle;
    private final String yTitle;
    private final Map<String, List<Double>> contenders = new LinkedHashMap<>();

    public Histogram(String xTitle, String yTitle) {
        this.xTitle = xTitle;
        this.yTitle = yTitle;
    }

    public void add(String contender, List<Double> values) {
        contenders.put(contender, List.copyOf(values));
    }

    /** The power of two that a value is not less than. */
    private static int bin(double value) {
        return (int) Math.floor(Math.log(Math.max(value, 0.5)) / Math.log(2));
    }

    public String toSvg() {
        List<Integer> bins = contenders.values().stream()
                .flatMap(List::stream)
                .map(Histogram::bin)
                .sorted()
                .toList();
        int first = bins.isEmpty() ? 0 : bins.getFirst();
        int count = bins.isEmpty() ? 1 : bins.getLast() - first + 1;
        List<double[]> shares = new ArrayList<>();
        double most = 0;
        for (List<Double> values : contenders.values()) {
            double[] share = new double[count];
            values.forEach(value -> share[bin(value) - first] += 1.0 / values.size());
            shares.add(share);
            for (double one : share) {
                most = Math.max(most, one);
            }
        }
        Frame frame = new Frame(xTitle, yTitle, count, most);
        for (int bin = 0; bin < count; bin++) {
            frame.place(bin, label(first + bin) + "–" + label(first + bin + 1));
        }
        List<String> names = List.copyOf(contenders.keySet());
        draw(frame, names, shares, count);
        frame.legend(names);
        return frame.svg().finish();
    }

    private static String label(int power) {
        return power < 0 ? "½" : String.valueOf(1L << power);
    }

    private static void draw(Frame frame, List<String> names, List<double[]> shares, int count) {
        double width = frame.placeWidth() * 0.8 / Math.max(1, shares.size());
        for (int contender = 0; contender < shares.size(); contender++) {
            for (int bin = 0; bin < count; bin++) {
                double y = frame.y(shares.get(contender)[bin]);
                double x = frame.x(bin) - frame.placeWidth() * 0.4 + contender * width;
                frame.svg().bar(x, y, width, frame.bottom() - y, Svg.colour(names, contender));
            }
        }
    }
}
