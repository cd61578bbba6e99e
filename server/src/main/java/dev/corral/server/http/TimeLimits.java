package dev.corral.server.http;

import java.time.Duration;

/**
 * How long a client may take. None of these counts the time that an answer takes to be computed.
 *
 * @param head for the TLS handshake and a request's head, from its first byte to its last
 * @param body for a request's body, from its first byte to its last
 * @param idle between an answer and the next request on the same connection
 * @param stall until a client that reads an answer has taken the next piece of it
 * @param ping until a client of a WebSocket has answered a ping, which is when the next is sent
 */
public record TimeLimits(Duration head, Duration body, Duration idle, Duration stall, Duration ping) {

    private static final Duration PING = Duration.ofSeconds(25);

    public static final TimeLimits STANDARD = new TimeLimits(
            Duration.ofSeconds(20), Duration.ofSeconds(120), Duration.ofSeconds(120), Duration.ofSeconds(60));

    public TimeLimits(Duration head, Duration body, Duration idle, Duration stall) {
        this(head, body, idle, stall, PING);
    }

    public TimeLimits pinging(Duration interval) {
        return new TimeLimits(head, body, idle, stall, interval);
    }

    /** The shortest of those that {@link Connections} looks after. */
    Duration shortest() {
        Duration least = head.compareTo(body) < 0 ? head : body;
        Duration rest = idle.compareTo(stall) < 0 ? idle : stall;
        return least.compareTo(rest) < 0 ? least : rest;
    }
}
