package dev.corral.server.log;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** One line an event, for people. */
final class TextLog extends Formatter {

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
