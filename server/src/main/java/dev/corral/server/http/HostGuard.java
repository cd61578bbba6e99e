package dev.corral.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps web pages from elsewhere away from a server that listens on loopback only: a page can make a name of its own
 * resolve to 127.0.0.1, and then its Host gives it away; or call 127.0.0.1 directly, and then its Origin does.
 */
final class HostGuard implements Filter {

    private final Set<String> allowed;
    private final Origins origins;
    private final Routes routes;
    private final RequestGuard guard;

    /** @param allowed names besides the loopback ones under which the server may be called */
    HostGuard(Set<String> allowed, Origins origins, Routes routes, RequestGuard guard) {
        this.allowed = Set.copyOf(allowed);
        this.origins = origins;
        this.routes = routes;
        this.guard = guard;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Optional<String> refusal = refusal(request.headers());
        if (refusal.isPresent()) {
            refuse(request, response, refusal.get());
        } else {
            chain.proceed();
        }
    }

    /** Why a request may not be made; empty when it may. */
    Optional<String> refusal(Headers headers) {
        String host = Hosts.ofHostHeader(headers.first(HeaderNames.HOST).orElse(""));
        if (!Hosts.isLoopback(host) && !allowed.contains(host)) {
            return Optional.of("Host '" + AccessLog.shown(host) + "' is not this server; --allow-host admits it");
        }
        return headers.first(HeaderNames.ORIGIN)
                .filter(origin -> !origins.allow(origin))
                .map(stranger -> "pages of '" + AccessLog.shown(stranger)
                        + "' may not call this server; --cors-origins admits them");
    }

    private void refuse(RoutingRequest request, RoutingResponse response, String message) {
        Exchange exchange = new Exchange(request, response);
        guard.run(exchange, routes.speakingAt(exchange.path()), _ -> {
            throw new ApiException(ApiError.Kind.FORBIDDEN, message);
        });
    }
}
