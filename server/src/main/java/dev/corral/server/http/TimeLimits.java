package dev.corral.server.http;

import java.time.Duration;

/**
 * How long a client may take. None of these counts the time that an answer takes to be computed.
 *
 * @param head for the TLS handshake and a request's head, from its first byte to its last
 * @param body for a request's body, from its first byte to its last
 * @param idle between an answer and the next request on the same connection
 * @param stall until a client that reads an answer has taken the next piece of it
 */
public record TimeLimits(Duration head, Duration body, Duration idle, Duration stall) {

    public static final TimeLimits STANDARD = new TimeLimits(
            Duration.ofSeconds(20), Duration.ofSeconds(120), Duration.ofSeconds(120), Duration.ofSeconds(60));

    /** The shortest of them. */
    Duration shortest() {
        Duration least = head.compareTo(body) < 0 ? head : body;
        Duration rest = idle.compareTo(stall) < 0 ? idle : stall;
        return least.compareTo(rest) < 0 ? least : rest;
    }
}
