package dev.corral.server.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/**
 * An answer as lines, a JSON value each, one flush a line. All else is as with an {@link EventStream}. Not thread-safe.
 */
public final class JsonLines {

    private static final Header CONTENT_TYPE =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
    private static final byte[] END = "\n".getBytes(StandardCharsets.US_ASCII);

    private final AnswerStream answer;

    JsonLines(ServerResponse response) {
        this.answer = new AnswerStream(response, CONTENT_TYPE);
    }

    /** Whether anything was sent: from then on the answer's status is 200. */
    public boolean started() {
        return answer.started();
    }

    /** Sends one line. */
    public void send(EventStream.Data data) {
        answer.piece().add(data).add(END).send();
    }

    /** Ends the answer, and nothing more; the connection is free for its next request. Idempotent. */
    void close() {
        answer.close();
    }
}
