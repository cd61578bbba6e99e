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
import org.jspecify.annotations.Nullable;

/**
 * An answer that is sent in pieces as they come, one flush a piece. The response's head goes with the first of them, so
 * until then the answer can still become an error with a status of its own.
 *
 * <p>A write blocks the caller while the client reads slowly, which is the backpressure; a write to a client that is
 * gone throws {@link ClientLeft}. One buffer and one generator serve all pieces. Not thread-safe.
 */
final class AnswerStream {

    private static final Header CACHE_CONTROL = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
    private static final Header NO_PROXY_BUFFER = HeaderValues.createCached("X-Accel-Buffering", "no");

    private final ServerResponse response;
    private final Header contentType;
    private final ByteArrayOutputStream piece = new ByteArrayOutputStream(512);
    private JsonGenerator json = generator();
    private @Nullable OutputStream out;

    AnswerStream(ServerResponse response, Header contentType) {
        this.response = response;
        this.contentType = contentType;
    }

    /** Whether anything was sent. */
    boolean started() {
        return out != null;
    }

    /** Begins a piece. */
    AnswerStream piece() {
        piece.reset();
        return this;
    }

    AnswerStream add(byte[] bytes) {
        piece.writeBytes(bytes);
        return this;
    }

    AnswerStream add(EventStream.Data data) {
        try {
            data.writeTo(json);
            json.flush();
        } catch (IOException | RuntimeException e) {
            json = generator(); // the old one stands in the middle of a value
            throw new IllegalStateException("a piece of an answer could not be written", e);
        }
        return this;
    }

    /** Sends the piece. */
    void send() {
        try {
            OutputStream target = open();
            piece.writeTo(target);
            target.flush();
        } catch (IOException | UncheckedIOException | CloseConnectionException e) {
            throw new ClientLeft(e);
        }
    }

    /** Ends the answer, and nothing more; the connection is free for its next request. Idempotent. */
    void close() {
        if (out != null) {
            try {
                out.close();
            } catch (IOException | UncheckedIOException | CloseConnectionException e) {
                throw new ClientLeft(e);
            }
        }
    }

    private JsonGenerator generator() {
        try {
            JsonGenerator fresh = Json.FACTORY.createGenerator(piece);
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
            response.header(contentType);
            response.header(CACHE_CONTROL);
            response.header(NO_PROXY_BUFFER);
            open = response.outputStream();
            out = open;
        }
        return open;
    }
}
