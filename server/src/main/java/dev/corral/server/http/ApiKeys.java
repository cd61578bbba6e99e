package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Method;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Optional;

/**
 * Lets a request pass that carries one of the keys, as {@code Authorization: Bearer K} or {@code X-Api-Key: K}, and whose
 * key has something left to use; with no keys configured, every request. A GET costs nothing.
 */
final class ApiKeys implements Filter {

    /** Whose request it is: a {@link Caller}. */
    static final Object CALLER = new Object();

    /** The request itself, as one of its caller's: a {@link Caller.Visit}. */
    static final Object VISIT = new Object();

    /** That a request lacks a key, on a route that needs none. */
    static final Object STRANGER = new Object();

    private static final HeaderName X_API_KEY = HeaderNames.create("X-Api-Key");
    private static final String BEARER = "Bearer ";

    private final KeyRing keys;
    private final Routes routes;
    private final RequestGuard guard;

    ApiKeys(KeyRing keys, Routes routes, RequestGuard guard) {
        this.keys = keys;
        this.routes = routes;
        this.guard = guard;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (!keys.isNeeded()) {
            chain.proceed();
            return;
        }
        Optional<Caller> caller = callerOf(keys, request.headers());
        if (caller.isEmpty() && routes.isOpen(request.path().path())) {
            request.context().register(STRANGER, true);
            chain.proceed();
            return;
        }
        if (caller.isEmpty()) {
            Exchange exchange = new Exchange(request, response);
            exchange.header("WWW-Authenticate", "Bearer");
            refuse(
                    exchange,
                    ApiError.of(
                            ApiError.Kind.UNAUTHENTICATED,
                            "Invalid API Key: send a valid one as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'"));
            return;
        }
        request.context().register(CALLER, caller.get());
        if (request.prologue().method().equals(Method.POST)) {
            visit(caller.get(), chain, request, response);
        } else {
            chain.proceed();
        }
    }

    private void visit(Caller caller, FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Caller.Visit visit;
        try {
            visit = caller.enter();
        } catch (ApiException e) {
            refuse(new Exchange(request, response), e.error());
            return;
        }
        try (visit) {
            request.context().register(VISIT, visit);
            chain.proceed();
        }
    }

    private void refuse(Exchange exchange, ApiError error) {
        guard.run(exchange, routes.speakingAt(exchange.path()), _ -> {
            throw new ApiException(error);
        });
    }

    /** Whose key a request carries; empty for none that is known. */
    static Optional<Caller> callerOf(KeyRing keys, Headers headers) {
        return presented(headers).flatMap(keys::callerWith);
    }

    private static Optional<String> presented(Headers headers) {
        return headers.first(HeaderNames.AUTHORIZATION)
                .map(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                        ? value.substring(BEARER.length()).strip()
                        : value)
                .or(() -> headers.first(X_API_KEY));
    }
}
