package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Keeps the requests of one connection apart. A body whose length can be understood in two ways is refused, since what
 * follows it could be read as a request that nobody sent; and a connection whose answer says that it closes is closed,
 * which Helidon leaves to the client.
 */
final class Framing implements Filter {

    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    private final Routes routes;
    private final RequestGuard guard;

    Framing(Routes routes, RequestGuard guard) {
        this.routes = routes;
        this.guard = guard;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (isClear(request.headers())) {
            chain.proceed();
        } else {
            Exchange exchange = new Exchange(request, response);
            exchange.endConnection();
            guard.run(exchange, routes.speakingAt(exchange.path()), _ -> {
                throw new ApiException(ApiError.Kind.INVALID, "the length of the body is not clear from the headers");
            });
        }
        if (response.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            throw new LastAnswer(!request.content().consumed());
        }
    }

    private static boolean isClear(ServerRequestHeaders headers) {
        List<String> length = values(headers, HeaderNames.CONTENT_LENGTH);
        List<String> encoding = values(headers, HeaderNames.TRANSFER_ENCODING);
        if (encoding.isEmpty()) {
            return length.isEmpty()
                    || (length.size() == 1 && LENGTH.matcher(length.getFirst()).matches());
        }
        return length.isEmpty() && encoding.equals(List.of("chunked"));
    }

    private static List<String> values(ServerRequestHeaders headers, HeaderName name) {
        return headers.contains(name) ? headers.get(name).allValues(true) : List.of();
    }
}
