package dev.corral.server;

import dev.corral.server.dialects.DialectPort;
import dev.corral.server.http.HttpListener;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.RequestTracer;
import dev.corral.server.http.Routes;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The port of all dialects, and those that serve one alone.
 *
 * <p>Ownership: whoever opened them closes them. Thread-safe.
 *
 * @param routes of the port of all
 * @param others by the dialect that is served there
 */
record Ports(Routes routes, HttpListener listener, Map<String, HttpListener> others) {

    /**
     * Starts to listen.
     *
     * @param tracer told of every request
     * @param alone makes the routes of a dialect's own port
     * @throws IOException when the host is unknown, a port is taken, or a file of keys or for TLS can't be used
     */
    static Ports open(
            HttpSettings http,
            List<DialectPort> ports,
            RequestTracer tracer,
            Routes routes,
            Function<String, Routes> alone)
            throws IOException {
        HttpListener listener = HttpListener.open(http, routes, tracer);
        Map<String, HttpListener> others = new LinkedHashMap<>();
        Ports open = new Ports(routes, listener, others);
        try {
            for (DialectPort port : ports) {
                others.put(port.dialect(), also(listener, port, alone.apply(port.dialect())));
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
    }
}
