package dev.corral.server.operations;

import java.util.LinkedHashMap;
import java.util.Map;

/** Metrics in Prometheus' text format, version 0.0.4. */
final class MetricsText {

    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** What a family of metrics is. */
    enum Type {
        COUNTER("counter"),
        GAUGE("gauge"),
        HISTOGRAM("histogram");

        private final String word;

        Type(String word) {
            this.word = word;
        }
    }

    private final Map<String, StringBuilder> families = new LinkedHashMap<>();
    private StringBuilder text = new StringBuilder();

    MetricsText() {
        families.put("", text); // samples of no family
    }

    /** Begins a family, or goes on with it; its samples follow. */
    MetricsText family(String name, Type type, String help) {
        StringBuilder known = families.get(name);
        if (known != null) {
            text = known;
            return this;
        }
        text = new StringBuilder();
        families.put(name, text);
        text.append("# HELP ")
                .append(name)
                .append(' ')
                .append(help.replace("\\", "\\\\").replace("\n", "\\n"));
        text.append("\n# TYPE ").append(name).append(' ').append(type.word).append('\n');
        return this;
    }

    /** @param labels names and values in turn */
    MetricsText sample(String name, double value, String... labels) {
        text.append(name);
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? '{' : ',')
                    .append(labels[i])
                    .append("=\"")
                    .append(escaped(labels[i + 1]))
                    .append('"');
        }
        text.append(labels.length == 0 ? " " : "} ").append(number(value)).append('\n');
        return this;
    }

    /** A family of one sample. */
    MetricsText single(String name, Type type, String help, double value, String... labels) {
        return family(name, type, help).sample(name, value, labels);
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    @Override
    public String toString() {
        return String.join("", families.values());
    }
}
