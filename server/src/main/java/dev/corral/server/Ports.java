package dev.corral.server;

import dev.corral.server.dialects.DialectPort;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.HttpListener;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.RequestTracer;
import dev.corral.server.http.Routes;
import dev.corral.server.operations.Operations;
import dev.corral.server.page.ChatPage;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The port of all dialects, those that serve one alone, and what traces their requests.
 *
 * <p>Ownership: whoever opened them closes them, and the tracing with them. Thread-safe.
 *
 * @param routes of the port of all
 * @param others by the dialect that is served there
 */
record Ports(Routes routes, HttpListener listener, Map<String, HttpListener> others, Optional<Tracing> tracing) {

    /** Makes the routes of a port. */
    @FunctionalInterface
    interface Tables {

        /**
         * @param ofAll dialects that are about no model
         * @param ofOne those that are about one, in order
         */
        Routes of(List<Dialect> ofAll, Function<Dialects, List<Dialect>> ofOne);
    }

    /**
     * Starts to listen.
     *
     * @param tracing told of every request
     * @param operations on each port, but on those that have nothing but what their original's had
     * @throws IOException when the host is unknown, a port is taken, or a file of keys or for TLS can't be used
     */
    static Ports open(
            HttpSettings http, List<DialectPort> ports, Optional<Tracing> tracing, Operations operations, Tables tables)
            throws IOException {
        Routes routes = tables.of(List.of(new ChatPage(), operations), Dialects::all);
        HttpListener listener = HttpListener.open(
                http, routes, tracing.<RequestTracer>map(Function.identity()).orElse(RequestTracer.NONE));
        Map<String, HttpListener> others = new LinkedHashMap<>();
        Ports open = new Ports(routes, listener, others, tracing);
        try {
            for (DialectPort port : ports) {
                String name = port.dialect();
                Routes alone = tables.of(
                        Dialects.isAsItsOriginal(name) ? List.of() : List.of(operations),
                        dialects -> List.of(dialects.alone(name)));
                others.put(name, also(listener, port, alone));
            }
            return open;
        } catch (IOException | RuntimeException e) {
            open.close();
            throw e;
        }
    }

    private static HttpListener also(HttpListener listener, DialectPort port, Routes routes) throws IOException {
        try {
            return listener.also(port.http(), routes);
        } catch (IOException e) {
            throw new IOException(
                    port.dialect() + " on " + port.http().host() + ":"
                            + port.http().port() + ": " + e.getMessage(),
                    e);
        }
    }

    /** Where all dialects are. */
    URI address() {
        return listener.address();
    }

    /** Where the others listen, by dialect. */
    Map<String, URI> otherAddresses() {
        Map<String, URI> addresses = new LinkedHashMap<>();
        others.forEach((dialect, other) -> addresses.put(dialect, other.address()));
        return addresses;
    }

    /** Waits until every request is answered, or the time is up; true when every one is. */
    boolean awaitIdle(Duration patience) throws InterruptedException {
        return listener.awaitIdle(patience);
    }

    void close() {
        others.values().forEach(HttpListener::close);
        listener.close();
        tracing.ifPresent(Tracing::close);
    }
}
