package dev.corral.server.terminal;

import dev.corral.server.hub.Progress;
import dev.corral.server.hub.Sizes;
import java.time.Duration;
import java.util.Locale;

/**
 * Downloads as a person sees them: on a terminal a bar that grows, with speed and time left; elsewhere a line every tenth.
 *
 * <p>Used by the thread that downloads.
 */
public final class ProgressBar implements Progress {

    private static final int WIDTH = 30;
    private static final int STEPS = 10;
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    private static final double NANOS_A_SECOND = 1e9;

    private final Terminal terminal;
    private String file = "";
    private long first;
    private long start;
    private long drawn;
    private long step = -1;
    private boolean open;

    public ProgressBar(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void at(String name, long done, long total) {
        long now = System.nanoTime();
        if (!name.equals(file)) {
            endLine();
            file = name;
            first = done;
            start = now;
            drawn = 0;
            step = -1;
        }
        boolean whole = done == total;
        if (terminal.interactive()) {
            if (whole || drawn == 0 || now - drawn >= REDRAW_NANOS) {
                drawn = now;
                open = true;
                terminal.err().print("\r" + bar(done, total, now) + "\u001B[K");
                terminal.err().flush();
            }
        } else if (total > 0 && (whole || done * STEPS / total > step)) {
            step = done * STEPS / total;
            terminal.err().println(file + ": " + Sizes.shown(done) + " of " + Sizes.shown(total));
        }
        if (whole) {
            endLine();
        }
    }

    private String bar(long done, long total, long now) {
        double rate = (done - first) / Math.max(1, now - start) * NANOS_A_SECOND;
        String speed = Sizes.shown((long) rate) + "/s";
        if (total <= 0) {
            return file + "  " + Sizes.shown(done) + "  " + speed;
        }
        int filled = (int) (WIDTH * done / total);
        String left = rate > 0 && done < total ? "  " + time((long) ((total - done) / rate)) : "";
        return String.format(
                Locale.ROOT,
                "%s  %s%s  %3d %%  %s of %s  %s%s",
                file,
                "█".repeat(filled),
                "░".repeat(WIDTH - filled),
                100 * done / total,
                Sizes.shown(done),
                Sizes.shown(total),
                speed,
                left);
    }

    private static String time(long seconds) {
        return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    @Override
    public void kept(String name) {
        endLine();
        terminal.err().println(name + " is there already");
    }

    /** Ends a line that was being drawn. */
    public void endLine() {
        if (open) {
            terminal.err().println();
            open = false;
        }
        file = "";
    }
}
