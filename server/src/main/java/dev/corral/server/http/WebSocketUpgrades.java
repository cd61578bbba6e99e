package dev.corral.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.spi.Http1Upgrader;
import io.helidon.webserver.spi.ServerConnection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Upgrades connections to WebSockets. Helidon asks before any filter runs, so the rules of the filters are asked here, too;
 * a request that breaks one is not upgraded, and gets its answer from the filter itself.
 */
final class WebSocketUpgrades implements Http1Upgrader {

    private static final Logger LOG = System.getLogger("dev.corral.access");
    private static final HeaderName KEY = HeaderNames.create("Sec-WebSocket-Key");
    private static final HeaderName VERSION = HeaderNames.create("Sec-WebSocket-Version");
    private static final Pattern KEY_FORM = Pattern.compile("[A-Za-z0-9+/]{22}==");
    private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final Routes routes;
    private final Optional<HostGuard> hosts;
    private final Origins origins;
    private final KeyRing keys;
    private final InFlight inFlight;
    private final int maxMessage;
    private final Duration ping;

    /** @param hosts who may call from where; empty for everybody */
    WebSocketUpgrades(
            Routes routes,
            Optional<HostGuard> hosts,
            Origins origins,
            KeyRing keys,
            InFlight inFlight,
            HttpSettings settings) {
        this.routes = routes;
        this.hosts = hosts;
        this.origins = origins;
        this.keys = keys;
        this.inFlight = inFlight;
        this.maxMessage = settings.maxBody();
        this.ping = settings.times().ping();
    }

    @Override
    public String supportedProtocol() {
        return "websocket";
    }

    @Override
    public @Nullable ServerConnection upgrade(
            ConnectionContext context, HttpPrologue prologue, WritableHeaders<?> headers) {
        String path = prologue.uriPath().path();
        Optional<WebSocketRoute> route = routes.webSocketAt(path);
        WebSocketProtocols protocols = WebSocketProtocols.of(headers);
        Optional<Caller> caller = keys.isNeeded()
                ? ApiKeys.callerOf(keys, headers).or(() -> protocols.key().flatMap(keys::callerWith))
                : Optional.empty();
        boolean admitted = caller.isPresent() || !keys.isNeeded();
        if (route.isEmpty()
                || !prologue.method().equals(Method.GET)
                || !isHandshake(headers)
                || !admitted
                || !headers.first(HeaderNames.ORIGIN).map(origins::allow).orElse(true)
                || hosts.flatMap(guard -> guard.refusal(headers)).isPresent()) {
            return null;
        }
        String answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: " + accept(headers.first(KEY).orElseThrow()) + "\r\n"
                + protocols
                        .taken()
                        .map(name -> "Sec-WebSocket-Protocol: " + name + "\r\n")
                        .orElse("") + "\r\n";
        context.dataWriter().writeNow(BufferData.create(answer.getBytes(StandardCharsets.US_ASCII)));
        AcceptedSocket client = WatchedConnection.current().client();
        client.awaitNothing();
        WebSocketConnection connection = new WebSocketConnection(context, client, maxMessage, ping);
        WebSocket socket = new WebSocket(connection, caller, inFlight, isOwnPage(headers));
        connection.converse(() -> run(route.get(), socket));
        return connection;
    }

    private static void run(WebSocketRoute route, WebSocket socket) {
        long begun = System.nanoTime();
        try {
            route.conversation().run(socket);
        } catch (ClientLeft e) {
            LOG.log(Level.DEBUG, "a WebSocket's client left", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            System.getLogger("dev.corral.server").log(Level.ERROR, "a conversation by WebSocket failed", e);
        } finally {
            LOG.log(
                    Level.INFO,
                    "GET {0} 101 {1}ms",
                    route.path(),
                    Long.toString(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)));
        }
    }

    private static boolean isHandshake(WritableHeaders<?> headers) {
        return headers.first(VERSION).filter("13"::equals).isPresent()
                && headers.first(KEY)
                        .filter(key -> KEY_FORM.matcher(key).matches())
                        .isPresent()
                && headers.contains(HeaderNames.CONNECTION)
                && headers.get(HeaderNames.CONNECTION).allValues(true).stream()
                        .anyMatch(word -> word.toLowerCase(Locale.ROOT).equals("upgrade"));
    }

    /** Whether the page that asks was served under the name that it asks for. */
    private static boolean isOwnPage(WritableHeaders<?> headers) {
        String host = headers.first(HeaderNames.HOST).orElse("").toLowerCase(Locale.ROOT);
        return headers.first(HeaderNames.ORIGIN)
                .map(origin -> origin.toLowerCase(Locale.ROOT))
                .filter(origin ->
                        !host.isEmpty() && (origin.equals("http://" + host) || origin.equals("https://" + host)))
                .isPresent();
    }

    private static String accept(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-1").digest((key + KEY_SUFFIX).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
