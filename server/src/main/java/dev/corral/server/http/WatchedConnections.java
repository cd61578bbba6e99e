package dev.corral.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Makes every connection of another selector a {@link WatchedConnection}, by reading and writing its bytes in its stead.
 */
final class WatchedConnections implements ServerConnectionSelector {

    private final ServerConnectionSelector http;
    private final Connections connections;
    private final Routes routes;

    WatchedConnections(ServerConnectionSelector http, Connections connections, Routes routes) {
        this.http = http;
        this.connections = connections;
        this.routes = routes;
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        AcceptedSocket client = connections
                .from(context.remotePeer().address())
                .orElseThrow(() -> new CloseConnectionException("closed before its first request"));
        if (client.isRefused()) {
            ApiError error = ApiError.of(ApiError.Kind.BUSY, "too many connections; try again later");
            return new RefusedConnection(context, client, routes.speakingAt("").error(error));
        }
        ReadAhead incoming = new ReadAhead(context.dataReader(), client);
        Context watched = new Context(context, new DataReader(incoming), new TimedWriter(context.dataWriter(), client));
        return new WatchedConnection(http.connection(watched), incoming, client);
    }

    private record Context(ConnectionContext of, DataReader dataReader, DataWriter dataWriter)
            implements ConnectionContext {

        @Override
        public ListenerContext listenerContext() {
            return of.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return of.executor();
        }

        @Override
        public Router router() {
            return of.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return of.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return of.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return of.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return of.localPeer();
        }

        @Override
        public boolean isSecure() {
            return of.isSecure();
        }

        @Override
        public String socketId() {
            return of.socketId();
        }

        @Override
        public String childSocketId() {
            return of.childSocketId();
        }
    }
}
