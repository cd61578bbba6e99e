package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * An answer as server-sent events: {@code data: {json}}, an empty line, one flush an event. The response's head goes
 * with the first of them, so until then the answer can still become an error with a status of its own.
 *
 * <p>A write blocks the caller while the client reads slowly, which is the backpressure; a write to a client that is
 * gone throws {@link ClientLeft}. Not thread-safe.
 */
public final class EventStream {

    /** Writes the data of one event. */
    @FunctionalInterface
    public interface Data {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private static final Header CONTENT_TYPE = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/event-stream");
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final AnswerStream answer;

    EventStream(ServerResponse response) {
        this.answer = new AnswerStream(response, CONTENT_TYPE);
    }

    /** Whether anything was sent: from then on the answer's status is 200. */
    public boolean started() {
        return answer.started();
    }

    /** Sends one event. */
    public void send(Data data) {
        answer.piece().add(DATA).add(data).add(END).send();
    }

    /** Sends one event of a type. */
    public void send(String type, Data data) {
        byte[] head = ("event: " + type + "\n").getBytes(StandardCharsets.UTF_8);
        answer.piece().add(head).add(DATA).add(data).add(END).send();
    }

    /** Sends an event whose data is a word rather than JSON. */
    public void sendWord(String word) {
        answer.piece()
                .add(DATA)
                .add(word.getBytes(StandardCharsets.UTF_8))
                .add(END)
                .send();
    }

    /** Sends an empty comment, which clients ignore and which keeps what lies between from closing an idle stream. */
    public void beat() {
        answer.piece().add(COMMENT).send();
    }

    /** Ends the stream, and nothing more; the connection is free for its next request. Idempotent. */
    void close() {
        answer.close();
    }
}
