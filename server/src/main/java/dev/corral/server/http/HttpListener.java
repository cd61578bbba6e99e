package dev.corral.server.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The port on which all dialects answer, HTTP/1.1 only: one virtual thread a connection.
 *
 * <p>Ownership: whoever opened it closes it.
 */
public final class HttpListener implements AutoCloseable {

    private static final Duration LAST_WRITES = Duration.ofSeconds(2);
    private static final Duration NEVER = Duration.ofDays(10_000);
    private static final List<String> TLS_VERSIONS = List.of("TLSv1.3", "TLSv1.2");

    private final WebServer server;
    private final Connections connections;
    private final KeyRing keys;
    private final InFlight inFlight;
    private final RequestTracer tracer;
    private final URI address;

    private HttpListener(
            WebServer server,
            Connections connections,
            KeyRing keys,
            InFlight inFlight,
            RequestTracer tracer,
            URI address) {
        this.server = server;
        this.connections = connections;
        this.keys = keys;
        this.inFlight = inFlight;
        this.tracer = tracer;
        this.address = address;
    }

    /**
     * Starts to listen.
     *
     * @throws IOException when the host is unknown, the port is taken, or a file of keys or for TLS can't be used
     */
    public static HttpListener open(HttpSettings settings, Routes routes) throws IOException {
        return open(settings, routes, RequestTracer.NONE);
    }

    /**
     * Starts to listen.
     *
     * @param tracer told of each request
     * @throws IOException when the host is unknown, the port is taken, or a file of keys or for TLS can't be used
     */
    public static HttpListener open(HttpSettings settings, Routes routes, RequestTracer tracer) throws IOException {
        return open(settings, routes, new KeyRing(settings.keys(), System::nanoTime), new InFlight(), tracer);
    }

    /**
     * Listens elsewhere, too. Keys, and what they may use, are the same, and {@link #awaitIdle} waits for both.
     *
     * @throws IOException as {@link #open}
     */
    public HttpListener also(HttpSettings settings, Routes routes) throws IOException {
        return open(settings, routes, keys, inFlight, tracer);
    }

    private static HttpListener open(
            HttpSettings settings, Routes routes, KeyRing keys, InFlight inFlight, RequestTracer tracer)
            throws IOException {
        InetAddress host = resolve(settings.host());
        RequestGuard guard = new RequestGuard();
        Origins origins = settings.origins().orElse(host.isLoopbackAddress() ? Origins.LOCAL : Origins.ANY);
        Optional<HostGuard> hosts = host.isLoopbackAddress()
                ? Optional.of(new HostGuard(names(settings), origins, routes, guard))
                : Optional.empty();
        Connections connections = new Connections(OpenFiles.within(settings.maxConnections()), settings.times());
        WebServerConfig.Builder builder = WebServer.builder();
        if (settings.tls().isPresent()) {
            builder.tls(Tls.builder()
                    .sslContext(settings.tls().get().context())
                    .enabledProtocols(TLS_VERSIONS)
                    .build());
        }
        WebServer server = builder.address(host)
                .port(settings.port())
                .shutdownHook(false)
                .shutdownGracePeriod(LAST_WRITES)
                .featuresDiscoverServices(false)
                .protocolsDiscoverServices(false)
                .connectionSelectors(List.of(new WatchedConnections(
                        Http1ConnectionSelector.builder()
                                .config(Http1Config.builder()
                                        .addReceiveListener(new RequestHeads())
                                        .build())
                                .addUpgrader(new WebSocketUpgrades(routes, hosts, origins, keys, inFlight, settings))
                                .build(),
                        connections,
                        routes)))
                .contentEncoding(ContentEncodingContext.builder()
                        .contentEncodingsDiscoverServices(false)
                        .build())
                .connectionOptions(connections.options(SocketOptions.builder()
                        .tcpNoDelay(true)
                        .socketKeepAlive(true)
                        .build()))
                .idleConnectionTimeout(NEVER)
                .maxPayloadSize(settings.maxBody())
                .errorHandling(errors -> errors.includeEntity(true))
                .directHandlers(TransportErrors.handlers(routes))
                .routing(routing -> route(routing, hosts, origins, keys, routes, guard, inFlight, tracer))
                .build();
        requireFree(new InetSocketAddress(host, settings.port()));
        connections.start();
        server.start();
        if (!server.isRunning()) {
            throw new IOException("the log has the cause");
        }
        String name = host.isAnyLocalAddress() ? "127.0.0.1" : settings.host();
        String shown = name.contains(":") && !name.startsWith("[") ? "[" + name + "]" : name;
        String scheme = settings.tls().isPresent() ? "https" : "http";
        return new HttpListener(
                server, connections, keys, inFlight, tracer, URI.create(scheme + "://" + shown + ":" + server.port()));
    }

    /** Where it listens, as an address to call. */
    public URI address() {
        return address;
    }

    /** Waits until every request is answered, or the time is up; true when every one is. */
    public boolean awaitIdle(Duration patience) throws InterruptedException {
        return inFlight.awaitNone(patience);
    }

    /** Stops listening and closes every connection. Idempotent. */
    @Override
    public void close() {
        server.stop();
        connections.close();
    }

    private static void route(
            HttpRouting.Builder routing,
            Optional<HostGuard> hosts,
            Origins origins,
            KeyRing keys,
            Routes routes,
            RequestGuard guard,
            InFlight inFlight,
            RequestTracer tracer) {
        routing.addFilter(inFlight);
        if (tracer != RequestTracer.NONE) {
            routing.addFilter(new TraceFilter(tracer));
        }
        routing.addFilter(new AccessLog());
        routing.addFilter(new Framing(routes, guard));
        hosts.ifPresent(routing::addFilter);
        routing.addFilter(new Cors(origins));
        routing.addFilter(new ApiKeys(keys, routes, guard));
        routes.install(routing, guard);
    }

    /** Names besides the loopback ones under which the server may be called. */
    private static Set<String> names(HttpSettings settings) {
        Set<String> allowed = new HashSet<>();
        settings.allowedHosts().forEach(name -> allowed.add(Hosts.normalized(name)));
        allowed.add(Hosts.normalized(settings.host()));
        return allowed;
    }

    /** Helidon logs a failure to bind and goes on; this one throws. */
    private static void requireFree(InetSocketAddress address) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
        }
    }

    private static InetAddress resolve(String host) throws IOException {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IOException("no such host: " + host, e);
        }
    }
}
