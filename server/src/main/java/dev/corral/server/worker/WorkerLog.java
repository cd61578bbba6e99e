package dev.corral.server.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A worker's log, which is its standard error: one line an event, with level and logger. The front passes the lines on to
 * its own log and keeps the last of them, which tell how a worker died.
 *
 * <p>Thread-safe.
 */
final class WorkerLog {

    private static final int KEPT_LINES = 20;
    private static final int LONGEST_LINE = 2_000;
    private static final String OURS = "dev.corral";
    private static final System.Logger LOG = System.getLogger(WorkerLog.class.getName());
    private static final Pattern LINE = Pattern.compile("([A-Z]+) (dev\\.corral[\\w.$-]*): (.*)");

    /** Kept, since a logger that nobody holds may lose its level. */
    private static final Logger OUR_LOGGER = Logger.getLogger(OURS);

    /** What a JVM says first when it has met a native fault; it goes on with a record of it, and then ends. */
    private static final String FAULT = "# A fatal error has been detected";

    private final Deque<String> last = new ArrayDeque<>();
    private final CompletableFuture<String> fault = new CompletableFuture<>();
    private System.Logger.Level level = System.Logger.Level.WARNING;

    /** The least level that this process logs, for its workers to log the same. */
    static System.Logger.Level detail() {
        System.Logger ours = System.getLogger(OURS);
        for (System.Logger.Level candidate : System.Logger.Level.values()) {
            if (candidate != System.Logger.Level.ALL && ours.isLoggable(candidate)) {
                return candidate;
            }
        }
        return System.Logger.Level.ERROR;
    }

    /** The worker's part: from here on its log is what {@link #read} reads. */
    static void write(System.Logger.Level detail) {
        LogManager.getLogManager().reset();
        ConsoleHandler handler = new ConsoleHandler();
        handler.setFormatter(new Line());
        handler.setLevel(Level.ALL);
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(Level.WARNING);
        OUR_LOGGER.setLevel(
                switch (detail) {
                    case ALL, TRACE -> Level.FINER;
                    case DEBUG -> Level.FINE;
                    case INFO -> Level.INFO;
                    case WARNING -> Level.WARNING;
                    case ERROR, OFF -> Level.SEVERE;
                });
    }

    private static final class Line extends Formatter {
        @Override
        public String format(LogRecord event) {
            StringBuilder line = new StringBuilder(event.getLevel().getName())
                    .append(' ')
                    .append(event.getLoggerName())
                    .append(": ")
                    .append(formatMessage(event).replace('\n', ' '))
                    .append('\n');
            for (@Nullable Throwable cause = event.getThrown(); cause != null; cause = cause.getCause()) {
                line.append("    ").append(cause).append('\n');
                for (StackTraceElement frame : cause.getStackTrace()) {
                    line.append("        at ").append(frame).append('\n');
                }
            }
            return line.toString();
        }
    }

    /** Passes lines on until the worker has ended. */
    void read(InputStream output) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
            StringBuilder line = new StringBuilder();
            for (int next = lines.read(); next >= 0; next = lines.read()) {
                if (next == '\n') {
                    take(line.toString());
                    line.setLength(0);
                } else if (line.length() < LONGEST_LINE) {
                    line.append((char) next);
                }
            }
            if (!line.isEmpty()) {
                take(line.toString());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a worker's log ended", e);
        }
    }

    private void take(String line) {
        Matcher parts = LINE.matcher(line);
        if (parts.matches()) {
            level = level(parts.group(1));
            System.getLogger(parts.group(2)).log(level, "{0}", parts.group(3));
        } else if (!line.isBlank()) {
            // a stack trace after its event, or what native code prints on its way out
            LOG.log(level, "{0}", line);
        }
        keep(line);
        if (line.startsWith(FAULT)) {
            fault.complete(line);
        }
    }

    /** Done when the worker is lost, though its process is still there. */
    CompletableFuture<String> fault() {
        return fault;
    }

    private static System.Logger.Level level(String name) {
        return switch (name) {
            case "SEVERE" -> System.Logger.Level.ERROR;
            case "WARNING" -> System.Logger.Level.WARNING;
            case "INFO" -> System.Logger.Level.INFO;
            default -> System.Logger.Level.DEBUG;
        };
    }

    private synchronized void keep(String line) {
        if (last.size() == KEPT_LINES) {
            last.removeFirst();
        }
        last.addLast(line);
    }

    /** The last lines, oldest first. */
    synchronized List<String> last() {
        return List.copyOf(last);
    }
}
