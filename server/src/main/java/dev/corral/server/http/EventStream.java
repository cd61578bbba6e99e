package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An answer as server-sent events: {@code data: {json}}, an empty line, one flush an event. The response's head goes
 * with the first of them, so until then the answer can still become an error with a status of its own.
 *
 * <p>A write blocks the caller while the client reads slowly, which is the backpressure; a write to a client that is
 * gone throws {@link ClientLeft}. One buffer and one generator serve all events of a stream. Not thread-safe.
 */
public final class EventStream {

    /** Writes the data of one event. */
    @FunctionalInterface
    public interface Data {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private static final Header CONTENT_TYPE = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/event-stream");
    private static final Header CACHE_CONTROL = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
    private static final Header NO_PROXY_BUFFER = HeaderValues.createCached("X-Accel-Buffering", "no");
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerResponse response;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(512);
    private JsonGenerator json = generator();
    private @Nullable OutputStream out;

    EventStream(ServerResponse response) {
        this.response = response;
    }

    /** Whether anything was sent: from then on the answer's status is 200. */
    public boolean started() {
        return out != null;
    }

    /** Sends one event. */
    public void send(Data data) {
        buffer.reset();
        write(data);
    }

    /** Sends one event of a type. */
    public void send(String type, Data data) {
        buffer.reset();
        buffer.writeBytes(("event: " + type + "\n").getBytes(StandardCharsets.UTF_8));
        write(data);
    }

    private void write(Data data) {
        buffer.writeBytes(DATA);
        try {
            data.writeTo(json);
            json.flush();
        } catch (IOException | RuntimeException e) {
            json = generator(); // the old one stands in the middle of a value
            throw new IllegalStateException("an event could not be written", e);
        }
        buffer.writeBytes(END);
        flush(buffer);
    }

    /** Sends an event whose data is a word rather than JSON. */
    public void sendWord(String word) {
        buffer.reset();
        buffer.writeBytes(DATA);
        buffer.writeBytes(word.getBytes(StandardCharsets.UTF_8));
        buffer.writeBytes(END);
        flush(buffer);
    }

    /** Sends an empty comment, which clients ignore and which keeps what lies between from closing an idle stream. */
    public void beat() {
        buffer.reset();
        buffer.writeBytes(COMMENT);
        flush(buffer);
    }

    /** Ends the stream, and nothing more; the connection is free for its next request. Idempotent. */
    void close() {
        if (out != null) {
            try {
                out.close();
            } catch (IOException | UncheckedIOException | CloseConnectionException e) {
                throw new ClientLeft(e);
            }
        }
    }

    private void flush(ByteArrayOutputStream event) {
        try {
            OutputStream target = open();
            event.writeTo(target);
            target.flush();
        } catch (IOException | UncheckedIOException | CloseConnectionException e) {
            throw new ClientLeft(e);
        }
    }

    private JsonGenerator generator() {
        try {
            JsonGenerator fresh = Json.FACTORY.createGenerator(buffer);
            fresh.setCodec(Json.MAPPER);
            fresh.setRootValueSeparator(null);
            return fresh;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private OutputStream open() {
        OutputStream open = out;
        if (open == null) {
            response.header(CONTENT_TYPE);
            response.header(CACHE_CONTROL);
            response.header(NO_PROXY_BUFFER);
            open = response.outputStream();
            out = open;
        }
        return open;
    }
}
