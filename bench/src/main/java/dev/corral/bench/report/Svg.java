package dev.corral.bench.report;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** A drawing of lines, bars and words; coordinates are pixels from the top left corner. Not thread-safe. */
final class Svg {

    /** Told apart by those who don't see all colours, and on a dark page too. */
    private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9");

    private static final String OURS = "#009e73";

    private static final String INK = "#777777";

    private final Formatter body = new Formatter(Locale.ROOT);
    private final int width;
    private final int height;

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
    }

    /** A contender's colour; Corral has the same one everywhere. */
    static String colour(List<String> contenders, int index) {
        return contenders.get(index).equals("Corral") ? OURS : COLOURS.get(index % COLOURS.size());
    }

    enum Anchor {
        START,
        MIDDLE,
        END
    }

    void axis(double x1, double y1, double x2, double y2) {
        line(x1, y1, x2, y2, INK, 1);
    }

    void line(double x1, double y1, double x2, double y2, String colour, double thickness) {
        body.format(
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>\n",
                x1, y1, x2, y2, colour, thickness);
    }

    void dot(double x, double y, String colour) {
        body.format("<circle cx='%.1f' cy='%.1f' r='3.5' fill='%s'/>\n", x, y, colour);
    }

    void bar(double x, double y, double barWidth, double barHeight, String colour) {
        body.format(
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>\n", x, y, barWidth, barHeight, colour);
    }

    void text(double x, double y, Anchor anchor, String words) {
        body.format(
                "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>\n",
                x, y, anchor.name().toLowerCase(Locale.ROOT), escaped(words));
    }

    /** Words that read upwards. */
    void upward(double x, double y, String words) {
        body.format(
                "<text transform='translate(%.1f %.1f) rotate(-90)' text-anchor='middle'>%s</text>\n",
                x, y, escaped(words));
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    String finish() {
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %1$d %2$d' width='%1$d' height='%2$d'"
                                + " font-family='sans-serif' font-size='12' fill='%3$s'>\n",
                        width,
                        height,
                        INK)
                + body + "</svg>\n";
    }
}
