package dev.corral.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection to a server on this machine, for requests in turn; it connects again where the server does not
 * keep it open. Not thread-safe.
 */
public final class HttpConnection implements AutoCloseable {

    private final int port;
    private final int patienceMillis;
    private @Nullable Socket socket;
    private @Nullable WireInput in;
    private @Nullable Body last;
    private boolean reusable;

    /** @param patience how long the server may be silent */
    public HttpConnection(int port, Duration patience) {
        this.port = port;
        this.patienceMillis = Math.toIntExact(patience.toMillis());
    }

    /** Connects, where it isn't connected. */
    void connect() throws IOException {
        if (isUsable()) {
            return;
        }
        close();
        Socket fresh = new Socket();
        fresh.setTcpNoDelay(true);
        fresh.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), patienceMillis);
        fresh.setSoTimeout(patienceMillis);
        socket = fresh;
        in = new WireInput(fresh.getInputStream());
    }

    private boolean isUsable() {
        return socket != null && (last == null || (reusable && last.ended()));
    }

    /** Sends a request; the body of the answer before must have been read. */
    HttpAnswer send(HttpRequest request) throws IOException {
        boolean reused = last != null && isUsable();
        connect();
        try {
            return exchange(request);
        } catch (EOFException | SocketException e) {
            if (!reused) {
                throw e;
            }
            close();
            connect();
            return exchange(request);
        }
    }

    private HttpAnswer exchange(HttpRequest request) throws IOException {
        Socket connected = socket;
        WireInput input = in;
        if (connected == null || input == null) {
            throw new EOFException("not connected");
        }
        connected.getOutputStream().write(request.bytes());
        String line = input.readLine();
        int status = Integer.parseInt(line.split(" ", 3)[1]);
        Map<String, String> headers = new HashMap<>();
        for (String header = input.readLine(); !header.isEmpty(); header = input.readLine()) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        Body body = Body.of(input, headers);
        reusable = body.delimited() && !headers.getOrDefault("connection", "").equalsIgnoreCase("close");
        last = body;
        return new HttpAnswer(status, headers, body);
    }

    /** Hangs up. */
    @Override
    public void close() throws IOException {
        @Nullable Socket open = socket;
        socket = null;
        in = null;
        last = null;
        if (open != null) {
            open.close();
        }
    }
}
