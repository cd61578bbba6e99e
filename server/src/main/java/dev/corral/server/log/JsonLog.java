package dev.corral.server.log;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.AccessLine;
import dev.corral.server.http.Json;
import dev.corral.server.http.RequestScope;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * One JSON object a line, for programs: time, level, logger and message; the request that was being answered and its trace;
 * of a request's own line its parts; of an exception its type, message and stack.
 */
final class JsonLog extends Formatter {

    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    @Override
    public String format(LogRecord event) {
        ObjectNode line = Json.object();
        line.put("time", TIME.format(event.getInstant()));
        line.put("level", level(event.getLevel()));
        line.put("logger", event.getLoggerName());
        line.put("message", formatMessage(event));
        RequestScope.current().ifPresent(request -> {
            line.put("request_id", request.id());
            if (!request.trace().isEmpty()) {
                line.put("trace_id", request.trace());
            }
        });
        Object[] parameters = event.getParameters();
        if (parameters != null && parameters.length == 1 && parameters[0] instanceof AccessLine access) {
            line.put("method", access.method())
                    .put("path", access.path())
                    .put("status", access.status())
                    .put("bytes", access.bytes())
                    .put("duration_ms", access.millis());
        }
        Throwable thrown = event.getThrown();
        if (thrown != null) {
            StringWriter stack = new StringWriter();
            thrown.printStackTrace(new PrintWriter(stack));
            line.putObject("error")
                    .put("type", thrown.getClass().getName())
                    .put("message", thrown.getMessage())
                    .put("stack", stack.toString());
        }
        return line + "\n";
    }

    private static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "error";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "warn";
        }
        return level.intValue() >= Level.INFO.intValue() ? "info" : "debug";
    }
}
