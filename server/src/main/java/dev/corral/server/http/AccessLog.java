package dev.corral.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;

/**
 * One line a request: method, path, status, bytes sent, milliseconds, id. Never a query, a header but the id, or a body, and no
 * control character that a client chose.
 *
 * <p>A request's id is the X-Request-Id that it came with, where that is short and plain, else one that is new. Its answer
 * carries it as X-Request-Id, where OpenAI's clients look for it, and as Request-Id, where Anthropic's do. What is logged
 * while it is answered has it, too.
 */
final class AccessLog implements Filter {

    static final Object REQUEST_ID = new Object();
    private static final int CLIENT_LEFT = 499;

    private static final Logger LOG = System.getLogger("dev.corral.access");
    private static final HeaderName ID_HEADER = HeaderNames.create("X-Request-Id");
    private static final HeaderName PLAIN_ID_HEADER = HeaderNames.create("Request-Id");
    private static final Pattern PLAIN_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final int LONGEST_PATH = 200;

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String id = request.headers()
                .first(ID_HEADER)
                .filter(given -> PLAIN_ID.matcher(given).matches())
                .orElseGet(() ->
                        HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
        request.context().register(REQUEST_ID, id);
        response.header(ID_HEADER, id);
        response.header(PLAIN_ID_HEADER, id);
        String trace = request.context()
                .get(TraceFilter.TRACE, RequestTracer.Trace.class)
                .map(RequestTracer.Trace::id)
                .orElse("");
        RequestScope.run(new RequestScope(id, trace), () -> log(chain, request, response, id));
    }

    private static void log(FilterChain chain, RoutingRequest request, RoutingResponse response, String id) {
        long start = System.nanoTime();
        proceed(chain, response, status -> {
            if (LOG.isLoggable(Level.INFO)) {
                LOG.log(
                        Level.INFO,
                        "{0}",
                        new AccessLine(
                                shown(request.prologue().method().text()),
                                shown(request.path().rawPath()),
                                status,
                                response.bytesWritten(),
                                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                                id));
            }
        });
    }

    /** Goes on with a request, and tells how it was answered, however that ended. */
    static void proceed(FilterChain chain, RoutingResponse response, IntConsumer status) {
        boolean answered = false;
        try {
            chain.proceed();
            answered = true;
        } catch (LastAnswer e) {
            answered = true;
            throw e;
        } finally {
            status.accept(answered ? response.status().code() : CLIENT_LEFT);
        }
    }

    /** A client's text, shortened, with anything but printable ASCII escaped. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < Math.min(text.length(), LONGEST_PATH); i++) {
            char unit = text.charAt(i);
            if (unit > ' ' && unit < 0x7f) {
                shown.append(unit);
            } else {
                shown.append("\\u").append(HexFormat.of().toHexDigits(unit));
            }
        }
        return text.length() <= LONGEST_PATH
                ? shown.toString()
                : shown.append("...").toString();
    }
}
