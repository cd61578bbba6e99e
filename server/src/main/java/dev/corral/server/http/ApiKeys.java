package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Lets a request pass that carries one of the keys, as {@code Authorization: Bearer K} or {@code X-Api-Key: K}; with no
 * keys configured, every request. Only digests are kept, and all of them are compared, in constant time.
 */
final class ApiKeys implements Filter {

    /** Whose request it is: a name for the key, from which the key can't be learned. */
    static final Object CALLER = new Object();

    private static final HeaderName X_API_KEY = HeaderNames.create("X-Api-Key");
    private static final String BEARER = "Bearer ";

    private final List<byte[]> digests;
    private final Routes routes;
    private final RequestGuard guard;

    ApiKeys(List<String> keys, Routes routes, RequestGuard guard) {
        this.digests = keys.stream().map(ApiKeys::digest).toList();
        this.routes = routes;
        this.guard = guard;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (digests.isEmpty() || routes.isOpen(request.path().path())) {
            chain.proceed();
            return;
        }
        Optional<String> caller =
                presented(request.headers()).map(ApiKeys::digest).flatMap(this::callerWith);
        if (caller.isPresent()) {
            request.context().register(CALLER, caller.get());
            chain.proceed();
            return;
        }
        Exchange exchange = new Exchange(request, response);
        exchange.header("WWW-Authenticate", "Bearer");
        guard.run(exchange, routes.speakingAt(exchange.path()), _ -> {
            throw new ApiException(
                    ApiError.Kind.UNAUTHENTICATED,
                    "Invalid API Key: send a valid one as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'");
        });
    }

    private static Optional<String> presented(ServerRequestHeaders headers) {
        return headers.first(HeaderNames.AUTHORIZATION)
                .map(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                        ? value.substring(BEARER.length()).strip()
                        : value)
                .or(() -> headers.first(X_API_KEY));
    }

    private Optional<String> callerWith(byte[] presented) {
        Optional<String> found = Optional.empty();
        for (byte[] digest : digests) {
            if (MessageDigest.isEqual(digest, presented)) {
                found = Optional.of(HexFormat.of().formatHex(digest, 0, 8));
            }
        }
        return found;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
