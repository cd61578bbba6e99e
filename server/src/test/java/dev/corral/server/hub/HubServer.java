package dev.corral.server.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A hub with one repository on one port, and what keeps its files on another: the hub lists files with their checksums and
 * redirects to the other, as the real one does. It can be told to misbehave.
 */
public final class HubServer implements AutoCloseable {

    /** What was asked of either port. */
    public record Asked(String method, String path, Optional<String> range, Optional<String> authorization) {}

    public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer hub;
    private final HttpServer store;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String repository;
    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, byte[]> sent = new ConcurrentHashMap<>();
    private final Map<String, Long> claimed = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<String> token = Optional.empty();
    private volatile int breakAfter = Integer.MAX_VALUE;
    private volatile int stallAfter = Integer.MAX_VALUE;
    private volatile boolean ignoresRanges;

    public HubServer(String repository) throws IOException {
        this.repository = repository;
        this.hub = listen();
        this.store = listen();
        hub.createContext("/api/models/", this::list);
        hub.createContext("/" + repository + "/resolve/", this::resolve);
        store.createContext("/blobs/", this::send);
        hub.start();
        store.start();
    }

    private HttpServer listen() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        return server;
    }

    public HubServer with(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    /** Files are served with other content than was published. */
    public void send(String path, byte[] other) {
        sent.put(path, other);
    }

    /** List and server say so of a file's size. */
    public void claim(String path, long size) {
        claimed.put(path, size);
    }

    public void requireToken(String needed) {
        token = Optional.of(needed);
    }

    /** The next body ends after so many bytes. */
    public void breakAfter(int bytes) {
        breakAfter = bytes;
    }

    /** The next body stops after so many bytes, and the connection stays. */
    public void stallAfter(int bytes) {
        stallAfter = bytes;
    }

    /** So many requests for files fail as a server does that is too busy. */
    public void fail(int requests) {
        failures.set(requests);
    }

    public void ignoreRanges() {
        ignoresRanges = true;
    }

    public URI address() {
        return address(hub);
    }

    /** Where a file is kept, by an address that says nothing of its checksum. */
    public URI fileAddress(String path) {
        return address(store).resolve("/blobs/" + path);
    }

    public List<Asked> asked() {
        return List.copyOf(asked);
    }

    /** Of the port that keeps files. */
    public List<Asked> sentFiles() {
        return asked.stream()
                .filter(request -> request.path().startsWith("/blobs/"))
                .toList();
    }

    static String sha256(byte[] content) {
        MessageDigest digest = PartFile.sha256();
        return HexFormat.of().formatHex(digest.digest(content));
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void list(HttpExchange exchange) throws IOException {
        note(exchange);
        String path = exchange.getRequestURI().getPath();
        if (!isAllowed(exchange)) {
            exchange.getResponseHeaders().add("X-Error-Code", "GatedRepo");
            exchange.getResponseHeaders().add("X-Error-Message", "Access is restricted");
            reply(exchange, 401, "{\"error\": \"Access is restricted\"}");
        } else if (!path.equals("/api/models/" + repository + "/revision/main")) {
            exchange.getResponseHeaders().add("X-Error-Message", "Repository not found");
            reply(exchange, 404, "{\"error\": \"Repository not found\"}");
        } else {
            List<String> siblings = new ArrayList<>(List.of("{\"rfilename\": \"README.md\", \"size\": 3}"));
            files.forEach((name, content) -> siblings.add(String.format(
                    Locale.ROOT,
                    "{\"rfilename\": \"%s\", \"size\": %2$d, \"lfs\": {\"sha256\": \"%3$s\", \"size\": %2$d}}",
                    name,
                    claimed.getOrDefault(name, (long) content.length),
                    sha256(content))));
            reply(
                    exchange,
                    200,
                    "{\"id\": \"" + repository + "\", \"sha\": \"" + COMMIT + "\", \"siblings\": ["
                            + String.join(", ", siblings) + "]}");
        }
    }

    private void resolve(HttpExchange exchange) throws IOException {
        note(exchange);
        String name =
                exchange.getRequestURI().getPath().substring(("/" + repository + "/resolve/" + COMMIT + "/").length());
        byte[] content = files.get(name);
        if (!isAllowed(exchange)) {
            reply(exchange, 401, "{}");
        } else if (content == null) {
            reply(exchange, 404, "{}");
        } else {
            Headers headers = exchange.getResponseHeaders();
            headers.add("X-Repo-Commit", COMMIT);
            headers.add("X-Linked-ETag", '"' + sha256(content) + '"');
            headers.add("X-Linked-Size", Integer.toString(content.length));
            headers.add("Location", fileAddress(name) + "?signature=secret");
            reply(exchange, 302, "");
        }
    }

    private void send(HttpExchange exchange) throws IOException {
        note(exchange);
        String name = exchange.getRequestURI().getPath().substring("/blobs/".length());
        byte[] content = sent.getOrDefault(name, files.getOrDefault(name, new byte[0]));
        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            reply(exchange, 503, "busy");
            return;
        }
        exchange.getResponseHeaders().add("ETag", '"' + sha256(content).substring(0, 32) + '"');
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null || ignoresRanges
                ? 0
                : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        if (from >= content.length && from > 0) {
            exchange.getResponseHeaders().add("Content-Range", "bytes */" + content.length);
            reply(exchange, 416, "");
            return;
        }
        if (range != null && !ignoresRanges) {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(
                range == null || ignoresRanges ? 200 : 206, claimed.getOrDefault(name, (long) content.length) - from);
        int end = (int) Math.min(content.length, from + (long) Math.min(breakAfter, stallAfter));
        boolean stalls = stallAfter != Integer.MAX_VALUE;
        breakAfter = Integer.MAX_VALUE;
        stallAfter = Integer.MAX_VALUE;
        OutputStream body = exchange.getResponseBody();
        body.write(content, from, end - from);
        body.flush();
        if (end < content.length && stalls) {
            awaitClosed();
        }
        exchange.close();
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isAllowed(HttpExchange exchange) {
        return token.isEmpty()
                || ("Bearer " + token.get()).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private void note(HttpExchange exchange) {
        asked.add(new Asked(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getPath(),
                Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")),
                Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))));
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    @Override
    public void close() {
        closed.countDown();
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
