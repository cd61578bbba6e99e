package dev.corral.bench.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads server-sent events; comments are skipped. Not thread-safe. */
final class EventReader {

    private static final String DATA = "data:";
    private static final String ERROR = "error:";

    private final Body body;

    EventReader(Body body) {
        this.body = body;
    }

    /** The next event's data, or nothing at the end of the stream. */
    Optional<String> next() throws IOException {
        while (!body.ended()) {
            String line = readLine();
            if (line.startsWith(DATA)) {
                return Optional.of(line.substring(DATA.length()).strip());
            }
            if (line.startsWith(ERROR)) {
                return Optional.of("{\"error\":" + line.substring(ERROR.length()) + "}");
            }
        }
        return Optional.empty();
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        for (int value = body.read(); value >= 0 && value != '\n'; value = body.read()) {
            if (value != '\r') {
                line.write(value);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }
}
