package dev.corral.server.http;

import dev.corral.engine.Range;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How the server is reached and what it accepts.
 *
 * @param host name or address to listen on
 * @param port 0 for any free one
 * @param tls answer by HTTPS, with this key and certificate; empty for HTTP
 * @param keys which API keys there are
 * @param origins which web pages may call it; empty for local ones on loopback and all elsewhere
 * @param allowedHosts names besides the loopback ones under which a server on loopback may be called
 * @param maxBody largest body of a request, in bytes
 * @param maxConnections how many connections may be open at once
 * @param times how long clients may take
 * @param prefixes under what every route is found besides the root
 */
public record HttpSettings(
        String host,
        int port,
        Optional<PemFiles> tls,
        KeySettings keys,
        Optional<Origins> origins,
        Set<String> allowedHosts,
        int maxBody,
        int maxConnections,
        TimeLimits times,
        PathPrefixes prefixes) {

    public static final int MAX_BODY = 32 * 1024 * 1024;
    public static final int MAX_CONNECTIONS = 4096;
    private static final Range CONNECTIONS = Range.of(1, 1_000_000);

    public HttpSettings {
        allowedHosts = Set.copyOf(allowedHosts);
        CONNECTIONS.check("max-connections", maxConnections);
    }

    /** On loopback, with llama-server's defaults. */
    public static HttpSettings loopback(int port) {
        return at("127.0.0.1", port);
    }

    /** On another address, with llama-server's defaults. */
    public static HttpSettings at(String host, int port) {
        return new HttpSettings(
                host,
                port,
                Optional.empty(),
                KeySettings.NONE,
                Optional.empty(),
                Set.of(),
                MAX_BODY,
                MAX_CONNECTIONS,
                TimeLimits.STANDARD,
                PathPrefixes.STANDARD);
    }

    /** The same on another address. */
    public HttpSettings reachedAt(String otherHost, int otherPort) {
        return new HttpSettings(
                otherHost, otherPort, tls, keys, origins, allowedHosts, maxBody, maxConnections, times, prefixes);
    }

    public HttpSettings withApiKeys(List<String> texts) {
        return with(new KeySettings(texts, Optional.empty(), KeyLimits.NONE));
    }

    public HttpSettings with(KeySettings others) {
        return new HttpSettings(
                host, port, tls, others, origins, allowedHosts, maxBody, maxConnections, times, prefixes);
    }

    public HttpSettings with(PemFiles files) {
        return new HttpSettings(
                host, port, Optional.of(files), keys, origins, allowedHosts, maxBody, maxConnections, times, prefixes);
    }

    public HttpSettings with(TimeLimits limits) {
        return new HttpSettings(
                host, port, tls, keys, origins, allowedHosts, maxBody, maxConnections, limits, prefixes);
    }

    public HttpSettings withOrigins(Origins pages) {
        return new HttpSettings(
                host, port, tls, keys, Optional.of(pages), allowedHosts, maxBody, maxConnections, times, prefixes);
    }

    public HttpSettings withAllowedHosts(Set<String> names) {
        return new HttpSettings(host, port, tls, keys, origins, names, maxBody, maxConnections, times, prefixes);
    }

    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(host, port, tls, keys, origins, allowedHosts, bytes, maxConnections, times, prefixes);
    }

    public HttpSettings with(PathPrefixes paths) {
        return new HttpSettings(host, port, tls, keys, origins, allowedHosts, maxBody, maxConnections, times, paths);
    }

    public HttpSettings withMaxConnections(int count) {
        return new HttpSettings(host, port, tls, keys, origins, allowedHosts, maxBody, count, times, prefixes);
    }
}
