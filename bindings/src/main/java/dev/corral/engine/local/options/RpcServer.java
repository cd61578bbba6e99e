package dev.corral.engine.local.options;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import dev.corral.llama.LlamaException;
import dev.corral.llama.RemoteDevices;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A ggml-rpc-server on another machine, whose devices compute a part of a model.
 *
 * @param host name or IPv4 address
 */
public record RpcServer(String host, int port) {

    private static final String FIELD = "rpc";
    private static final Range PORT = Range.of(1, 65_535);
    private static final int CONNECT_MILLIS = 5_000;

    public RpcServer {
        if (host.isBlank() || host.contains(":")) {
            throw new InvalidRequestException(FIELD, host, "must be host:port");
        }
        PORT.check(FIELD, port);
    }

    /** @throws InvalidRequestException when it is not host:port */
    public static RpcServer of(String address) {
        int colon = address.lastIndexOf(':');
        try {
            return new RpcServer(
                    address.substring(0, Math.max(colon, 0)), Integer.parseInt(address.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new InvalidRequestException(FIELD, address, "must be host:port");
        }
    }

    /**
     * Lets models use its devices. It is called first, since ggml would end the process.
     *
     * @throws LlamaException when it does not answer or has none
     */
    public void join() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
        } catch (IOException e) {
            throw new LlamaException(
                    LlamaException.Code.FAILED, "the RPC server " + this + " does not answer: " + e.getMessage(), e);
        }
        RemoteDevices.add(host, port);
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
