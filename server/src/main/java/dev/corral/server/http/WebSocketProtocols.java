package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * What a client offers to speak by WebSocket. It is the only header of an upgrade that a browser lets a page choose, so a page
 * that has an API key offers {@code corral}, which is taken, and beside it {@code corral.bearer.KEY}, the key in base64url.
 *
 * @param offered in the client's order
 */
record WebSocketProtocols(List<String> offered) {

    static final HeaderName HEADER = HeaderNames.create("Sec-WebSocket-Protocol");

    /** Says nothing about messages; a browser wants one of what it offered to be taken, and a key must not be sent back. */
    static final String NAME = "corral";

    private static final String BEARER = NAME + ".bearer.";

    WebSocketProtocols {
        offered = List.copyOf(offered);
    }

    static WebSocketProtocols of(Headers headers) {
        return new WebSocketProtocols(
                headers.contains(HEADER) ? headers.get(HEADER).allValues(true) : List.of());
    }

    /** The one that is taken. */
    Optional<String> taken() {
        return offered.contains(NAME) ? Optional.of(NAME) : Optional.empty();
    }

    /** The API key among them, of which nobody has said whether it is one of the server's. */
    Optional<String> key() {
        return offered.stream()
                .filter(protocol -> protocol.startsWith(BEARER))
                .findFirst()
                .flatMap(protocol -> decoded(protocol.substring(BEARER.length())));
    }

    private static Optional<String> decoded(String key) {
        try {
            return Optional.of(new String(Base64.getUrlDecoder().decode(key), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no base64url, so no key of anybody's
        }
    }
}
