package dev.corral.bench.measure;

import java.util.Locale;

/** Figures as the table shows them. */
public final class Figure {

    private Figure() {}

    /** With as many digits as mean something. */
    public static String of(double value, String unit) {
        if (Double.isNaN(value)) {
            return "–";
        }
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f %s" : size >= 10 ? "%.1f %s" : "%.2f %s";
        return String.format(Locale.ROOT, format, value, unit).strip();
    }

    public static String mebibytes(double bytes) {
        return of(bytes / (1 << 20), "MiB");
    }
}
