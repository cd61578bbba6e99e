package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Optional;

/**
 * Tells browsers which pages may read answers, and answers their preflights. An origin that is allowed is echoed, with
 * credentials, so that pages may send cookies and keys.
 */
final class Cors implements Filter {

    private static final HeaderName ALLOW_ORIGIN = HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN;
    private static final HeaderName ALLOW_CREDENTIALS = HeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS;
    private static final HeaderName ALLOW_METHODS = HeaderNames.ACCESS_CONTROL_ALLOW_METHODS;
    private static final HeaderName ALLOW_HEADERS = HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS;
    private static final HeaderName EXPOSE_HEADERS = HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS;
    private static final HeaderName MAX_AGE = HeaderNames.ACCESS_CONTROL_MAX_AGE;
    private static final String METHODS = "GET, POST, DELETE, OPTIONS";

    private final Origins origins;

    Cors(Origins origins) {
        this.origins = origins;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Optional<String> page = request.headers().first(HeaderNames.ORIGIN).filter(origins::allow);
        response.header(HeaderNames.VARY, "Origin");
        page.ifPresent(origin -> {
            response.header(ALLOW_ORIGIN, origin);
            response.header(ALLOW_CREDENTIALS, "true");
            response.header(EXPOSE_HEADERS, "X-Request-Id, Request-Id, Retry-After");
        });
        if (!request.prologue().method().equals(Method.OPTIONS)) {
            chain.proceed();
            return;
        }
        if (page.isPresent()) {
            response.header(ALLOW_METHODS, METHODS);
            response.header(
                    ALLOW_HEADERS,
                    request.headers()
                            .first(HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS)
                            .orElse("*"));
            response.header(MAX_AGE, "600");
        }
        response.send();
    }
}
