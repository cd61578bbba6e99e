package dev.corral.server;

import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Where log lines go and which: one line an event, to standard error or a file. */
final class Logging {

    private static final String OURS = "dev.corral";
    private static final String ACCESS = "dev.corral.access";

    /** Kept, since a logger that nobody holds may lose its level. */
    private static final Logger OUR_LOGGER = Logger.getLogger(OURS);

    private static final Logger ACCESS_LOGGER = Logger.getLogger(ACCESS);

    private Logging() {}

    /**
     * @param verbosity 0 for errors only, 1 for warnings, 2 for what happens, 3 for requests too, 4 and more for details
     * @param file in place of standard error
     * @throws IOException when the file can't be written
     */
    static void configure(int verbosity, Optional<Path> file) throws IOException {
        System.setProperty("io.helidon.logging.config.disabled", "true");
        LogManager.getLogManager().reset();
        Handler handler = file.isPresent() ? new FileHandler(file.get().toString(), true) : new ConsoleHandler();
        handler.setFormatter(new Line());
        handler.setLevel(Level.ALL);
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(verbosity > 4 ? Level.FINE : verbosity > 0 ? Level.WARNING : Level.SEVERE);
        OUR_LOGGER.setLevel(ours(verbosity));
        ACCESS_LOGGER.setLevel(verbosity >= 3 ? Level.INFO : Level.WARNING);
    }

    private static Level ours(int verbosity) {
        return switch (verbosity) {
            case 0 -> Level.SEVERE;
            case 1 -> Level.WARNING;
            case 2, 3 -> Level.INFO;
            default -> Level.FINE;
        };
    }

    private static final class Line extends Formatter {

        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

        @Override
        public String format(LogRecord event) {
            StringBuilder line = new StringBuilder()
                    .append(TIME.format(event.getInstant()))
                    .append(' ')
                    .append(event.getLevel().getName())
                    .append(' ')
                    .append(event.getLoggerName())
                    .append(": ")
                    .append(printable(formatMessage(event)))
                    .append(System.lineSeparator());
            for (Throwable cause = event.getThrown(); cause != null; cause = cause.getCause()) {
                line.append("    ").append(printable(cause.toString())).append(System.lineSeparator());
                for (StackTraceElement frame : cause.getStackTrace()) {
                    line.append("        at ").append(frame).append(System.lineSeparator());
                }
            }
            return line.toString();
        }

        /** One line without control characters: what a client sent must not look like a line of its own. */
        private static String printable(String text) {
            String stripped = text.stripTrailing();
            StringBuilder shown = new StringBuilder(stripped.length());
            stripped.codePoints().forEach(code -> {
                switch (Character.getType(code)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SURROGATE -> shown.append(String.format(Locale.ROOT, "\\u%04x", code));
                    default -> shown.appendCodePoint(code);
                }
            });
            return shown.toString();
        }
    }
}
