package dev.corral.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/** Tells a tracer of each request. */
record TraceFilter(RequestTracer tracer) implements Filter {

    /** Under which a request's context has its trace. */
    static final Object TRACE = new Object();

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        RequestTracer.Trace trace = tracer.begin(
                request.prologue().method().text(),
                AccessLog.shown(request.path().rawPath()),
                name -> request.headers().first(HeaderNames.create(name)));
        request.context().register(TRACE, trace);
        AccessLog.proceed(
                chain, response, status -> trace.end(request.context().get(Routes.ROUTE, String.class), status));
    }
}
