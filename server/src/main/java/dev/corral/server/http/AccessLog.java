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

/**
 * One line a request: method, path, status, bytes sent, milliseconds, id. Never a query, a header or a body, and no
 * control character that a client chose. Each request gets an id, which its answer carries as X-Request-Id, where OpenAI's
 * clients look for it, and as Request-Id, where Anthropic's do.
 */
final class AccessLog implements Filter {

    static final Object REQUEST_ID = new Object();

    private static final Logger LOG = System.getLogger("dev.corral.access");
    private static final HeaderName ID_HEADER = HeaderNames.create("X-Request-Id");
    private static final HeaderName PLAIN_ID_HEADER = HeaderNames.create("Request-Id");
    private static final int LONGEST_PATH = 200;
    private static final int CLIENT_LEFT = 499;

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        request.context().register(REQUEST_ID, id);
        response.header(ID_HEADER, id);
        response.header(PLAIN_ID_HEADER, id);
        long start = System.nanoTime();
        boolean answered = false;
        try {
            chain.proceed();
            answered = true;
        } catch (LastAnswer e) {
            answered = true;
            throw e;
        } finally {
            if (LOG.isLoggable(Level.INFO)) {
                LOG.log(
                        Level.INFO,
                        "{0} {1} {2} {3}B {4}ms {5}",
                        shown(request.prologue().method().text()),
                        shown(request.path().rawPath()),
                        Integer.toString(answered ? response.status().code() : CLIENT_LEFT),
                        Long.toString(response.bytesWritten()),
                        Long.toString(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)),
                        id);
            }
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
