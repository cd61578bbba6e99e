package dev.corral.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Talks to a server by WebSocket, with the JDK's client. */
public final class SocketClient implements AutoCloseable, WebSocket.Listener {

    private static final long PATIENCE = 60;

    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final BlockingQueue<ByteBuffer> pongs = new LinkedBlockingQueue<>();
    private final StringBuilder partial = new StringBuilder();
    private @Nullable WebSocket socket;

    private SocketClient() {}

    /** @param headers names and values */
    public static SocketClient open(HttpClient http, URI address, String path, String... headers) throws Exception {
        SocketClient client = new SocketClient();
        WebSocket.Builder builder = http.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        URI target = URI.create(address.toString().replaceFirst("^http", "ws") + path);
        client.socket = builder.buildAsync(target, client).get(PATIENCE, TimeUnit.SECONDS);
        return client;
    }

    private WebSocket socket() {
        WebSocket open = socket;
        if (open == null) {
            throw new IllegalStateException("not open");
        }
        return open;
    }

    /** Sends a message; single quotes stand for double ones. */
    public SocketClient say(String message) throws Exception {
        socket().sendText(message.replace('\'', '"'), true).get(PATIENCE, TimeUnit.SECONDS);
        return this;
    }

    /** Sends exactly this, perhaps with more to follow. */
    public void send(String text, boolean last) throws Exception {
        socket().sendText(text, last).get(PATIENCE, TimeUnit.SECONDS);
    }

    public void sendBinary(byte[] bytes) throws Exception {
        socket().sendBinary(ByteBuffer.wrap(bytes), true).get(PATIENCE, TimeUnit.SECONDS);
    }

    public ByteBuffer ping(byte[] payload) throws Exception {
        socket().sendPing(ByteBuffer.wrap(payload)).get(PATIENCE, TimeUnit.SECONDS);
        ByteBuffer pong = pongs.poll(PATIENCE, TimeUnit.SECONDS);
        if (pong == null) {
            throw new AssertionError("no pong");
        }
        return pong;
    }

    /** The text of the next message. */
    public String text() throws Exception {
        String next = messages.poll(PATIENCE, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was said");
        }
        return next;
    }

    public JsonNode next() throws Exception {
        return TestClient.json(text());
    }

    /** Whether nothing more was said so far. */
    public boolean isSilent() {
        return messages.isEmpty();
    }

    /** The code with which the server closed. */
    public int awaitClose() throws Exception {
        return closed.get(PATIENCE, TimeUnit.SECONDS);
    }

    /** Goes without a word. */
    public void abort() {
        socket().abort();
    }

    /** Says good-bye. */
    @Override
    public void close() {
        WebSocket open = socket();
        if (!open.isOutputClosed()) {
            CompletableFuture<?> _ = open.sendClose(WebSocket.NORMAL_CLOSURE, "");
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
        ByteBuffer copy = ByteBuffer.allocate(message.remaining());
        pongs.add(copy.put(message).flip());
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int statusCode, String reason) {
        closed.complete(statusCode);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        closed.completeExceptionally(error);
    }
}
