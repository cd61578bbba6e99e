package dev.corral.server.http;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How the server is reached and what it accepts.
 *
 * @param host name or address to listen on
 * @param port 0 for any free one
 * @param apiKeys keys of which a request must carry one; empty for none needed
 * @param origins which web pages may call it; empty for local ones on loopback and all elsewhere
 * @param allowedHosts names besides the loopback ones under which a server on loopback may be called
 * @param maxBody largest body of a request, in bytes
 */
public record HttpSettings(
        String host, int port, List<String> apiKeys, Optional<Origins> origins, Set<String> allowedHosts, int maxBody) {

    public static final int MAX_BODY = 32 * 1024 * 1024;

    public HttpSettings {
        apiKeys = List.copyOf(apiKeys);
        allowedHosts = Set.copyOf(allowedHosts);
    }

    /** On loopback, with llama-server's defaults. */
    public static HttpSettings loopback(int port) {
        return new HttpSettings("127.0.0.1", port, List.of(), Optional.empty(), Set.of(), MAX_BODY);
    }

    public HttpSettings withApiKeys(List<String> keys) {
        return new HttpSettings(host, port, keys, origins, allowedHosts, maxBody);
    }

    public HttpSettings withOrigins(Origins pages) {
        return new HttpSettings(host, port, apiKeys, Optional.of(pages), allowedHosts, maxBody);
    }

    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(host, port, apiKeys, origins, allowedHosts, bytes);
    }
}
