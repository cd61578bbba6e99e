package dev.corral.bench.report;

import java.util.List;
import java.util.Locale;

/** The axes of a chart whose values begin at 0, with room for a legend above. */
final class Frame {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 380;
    private static final int LEFT = 64;
    private static final int RIGHT = WIDTH - 16;
    private static final int TOP = 56;
    private static final int BOTTOM = HEIGHT - 52;
    private static final int STEPS = 5;

    private final Svg svg = new Svg(WIDTH, HEIGHT);
    private final double top;
    private final int places;

    /**
     * @param places how many places there are along the horizontal axis
     * @param most the largest value
     */
    Frame(String xTitle, String yTitle, int places, double most) {
        this.places = places;
        double step = roundStep(most / STEPS);
        this.top = step * Math.max(1, Math.ceil(most / step));
        for (double value = 0; value <= top + step / 2; value += step) {
            svg.line(LEFT, y(value), RIGHT, y(value), "#cccccc", 0.5);
            svg.text(LEFT - 6, y(value) + 4, Svg.Anchor.END, label(value, step));
        }
        svg.axis(LEFT, BOTTOM, RIGHT, BOTTOM);
        svg.axis(LEFT, TOP, LEFT, BOTTOM);
        svg.text((LEFT + RIGHT) / 2.0, HEIGHT - 12, Svg.Anchor.MIDDLE, xTitle);
        svg.upward(16, (TOP + BOTTOM) / 2.0, yTitle);
    }

    private static double roundStep(double rough) {
        double scale = Math.pow(10, Math.floor(Math.log10(Math.max(rough, 1e-9))));
        for (double nice : new double[] {1, 2, 2.5, 5}) {
            if (rough <= nice * scale) {
                return nice * scale;
            }
        }
        return 10 * scale;
    }

    private static String label(double value, double step) {
        return String.format(Locale.ROOT, step >= 1 ? "%,.0f" : step >= 0.1 ? "%.1f" : "%.2f", value);
    }

    Svg svg() {
        return svg;
    }

    /** Pixels that a place is wide. */
    double placeWidth() {
        return (double) (RIGHT - LEFT) / places;
    }

    /** The middle of a place, from 0. */
    double x(int place) {
        return LEFT + placeWidth() * (place + 0.5);
    }

    double y(double value) {
        return BOTTOM - (BOTTOM - TOP) * value / top;
    }

    double bottom() {
        return BOTTOM;
    }

    void place(int place, String label) {
        svg.text(x(place), BOTTOM + 18, Svg.Anchor.MIDDLE, label);
    }

    /** The contenders' names beside their colours. */
    void legend(List<String> names) {
        double x = LEFT;
        double y = 18;
        for (int i = 0; i < names.size(); i++) {
            double needed = 24 + 7.0 * names.get(i).length();
            if (x + needed > RIGHT) {
                x = LEFT;
                y += 18;
            }
            svg.bar(x, y - 9, 10, 10, Svg.colour(names, i));
            svg.text(x + 15, y, Svg.Anchor.START, names.get(i));
            x += needed + 8;
        }
    }
}
