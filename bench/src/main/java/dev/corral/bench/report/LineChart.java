package dev.corral.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Lines over whole numbers, one a contender. Not thread-safe. */
public final class LineChart {

    private final String xTitle;
    private final String yTitle;
    private final Map<String, TreeMap<Integer, Double>> lines = new LinkedHashMap<>();

    public LineChart(String xTitle, String yTitle) {
        this.xTitle = xTitle;
        this.yTitle = yTitle;
    }

    public void add(String line, int x, double y) {
        lines.computeIfAbsent(line, name -> new TreeMap<>()).put(x, y);
    }

    public String toSvg() {
        TreeSet<Integer> xs = new TreeSet<>();
        double most = 0;
        for (TreeMap<Integer, Double> line : lines.values()) {
            xs.addAll(line.keySet());
            most = Math.max(
                    most,
                    line.values().stream()
                            .mapToDouble(Double::doubleValue)
                            .max()
                            .orElse(0));
        }
        List<Integer> places = List.copyOf(xs);
        Frame frame = new Frame(xTitle, yTitle, Math.max(1, places.size()), most);
        for (int i = 0; i < places.size(); i++) {
            frame.place(i, String.valueOf(places.get(i)));
        }
        List<String> names = List.copyOf(lines.keySet());
        int index = 0;
        for (TreeMap<Integer, Double> line : lines.values()) {
            draw(frame, places, line, Svg.colour(names, index++));
        }
        frame.legend(names);
        return frame.svg().finish();
    }

    private static void draw(Frame frame, List<Integer> places, Map<Integer, Double> line, String colour) {
        double lastX = Double.NaN;
        double lastY = Double.NaN;
        for (Map.Entry<Integer, Double> point : line.entrySet()) {
            double x = frame.x(places.indexOf(point.getKey()));
            double y = frame.y(point.getValue());
            if (!Double.isNaN(lastX)) {
                frame.svg().line(lastX, lastY, x, y, colour, 2);
            }
            frame.svg().dot(x, y, colour);
            lastX = x;
            lastY = y;
        }
    }
}
