package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A connection too many: told so, whatever it asks, and closed. */
final class RefusedConnection implements ServerConnection {

    private static final int MOST_HEARD = 64;
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final ConnectionContext context;
    private final AcceptedSocket client;
    private final byte[] answer;

    RefusedConnection(ConnectionContext context, AcceptedSocket client, ObjectNode error) {
        this.context = context;
        this.client = client;
        byte[] body = Json.bytes(error);
        byte[] head = ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\n"
                        + "Retry-After: 1\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        this.answer = new byte[head.length + body.length];
        System.arraycopy(head, 0, answer, 0, head.length);
        System.arraycopy(body, 0, answer, head.length, body.length);
    }

    /** Hears a little of what the client says: to close before would reset the connection, and the answer with it. */
    @Override
    public void handle(Limit limit) {
        context.dataWriter().writeNow(BufferData.create(answer));
        client.endOutput(LINGER);
        try {
            for (int i = 0; i < MOST_HEARD; i++) {
                context.dataReader().readBuffer();
            }
        } catch (DataReader.InsufficientDataAvailableException | ServerConnectionException e) {
            throw new CloseConnectionException("a connection too many", e);
        }
    }

    @Override
    public Duration idleTime() {
        return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
        context.serverSocket().close();
    }
}
