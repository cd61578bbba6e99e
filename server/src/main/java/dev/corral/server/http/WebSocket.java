package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;

/**
 * A client that talks by WebSocket: JSON objects as text messages both ways. Pings are sent and answered meanwhile. Messages
 * that come while nobody receives wait here, up to a limit.
 *
 * <p>Used by its conversation's thread. {@link #watch} calls back on another.
 */
public final class WebSocket {

    /** What is said to one client, from the opening of its connection to the end, on a thread of its own. */
    @FunctionalInterface
    public interface Conversation {

        /** Talks; when it returns, the connection is closed. A client that is gone may be left to {@link ClientLeft}. */
        void run(WebSocket socket) throws InterruptedException;
    }

    /** The client asked for what it said; nothing is wrong. */
    public static final int NORMAL = 1000;

    private final WebSocketConnection connection;
    private final Optional<Caller> caller;
    private final InFlight inFlight;
    private final boolean ownPage;

    WebSocket(WebSocketConnection connection, Optional<Caller> caller, InFlight inFlight, boolean ownPage) {
        this.connection = connection;
        this.caller = caller;
        this.inFlight = inFlight;
        this.ownPage = ownPage;
    }

    /**
     * The next message.
     *
     * @return empty when none came in this time
     * @throws ClientLeft when none will come
     * @throws ApiException when it is no JSON object
     */
    public Optional<Fields> receive(Duration patience) throws InterruptedException {
        return connection.receive(patience).map(JsonBody::parse).map(Fields::new);
    }

    /**
     * Sends a message, waiting for a client that reads slowly, but not for ever.
     *
     * @throws ClientLeft when the client is gone
     */
    public void send(ObjectNode message) {
        connection.send(Json.spaced(message));
    }

    /** Says good-bye. What the client says after it is not heard. */
    public void close(int code, String reason) {
        connection.close(code, reason);
    }

    /** Calls {@code gone} should the client go away before the watch is closed; at once when it has. */
    public ClientWatch watch(Runnable gone) {
        return connection.watch(gone);
    }

    /** Whom the client's requests are counted to. */
    public String caller() {
        return caller.map(Caller::name).orElse("");
    }

    /** Counts tokens to the client's API key. */
    public void spend(int tokens) {
        caller.ifPresent(known -> known.spend(tokens));
    }

    /** Whether it is a page of this server. */
    public boolean isOwnPage() {
        return ownPage;
    }

    /** Runs what one message asks for, counted as one request. */
    public void answer(Answer answer) throws InterruptedException {
        try (Caller.Visit _ = inFlight.enter();
                Caller.Visit _ = caller.isPresent() ? caller.get().enter() : () -> {}) {
            answer.run();
        }
    }

    /** What a message asks for. */
    @FunctionalInterface
    public interface Answer {
        void run() throws InterruptedException;
    }
}
