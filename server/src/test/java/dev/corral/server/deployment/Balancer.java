package dev.corral.server.deployment;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Spreads requests over those replicas whose {@code /ready} is 200, in turn, and asks the next one where one refuses before it has
 * done anything: what any balancer does.
 */
final class Balancer implements AutoCloseable {

    private static final int UNAVAILABLE = 503;
    private static final int TRIES = 8;

    private final HttpServer server;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final ScheduledExecutorService health = Executors.newSingleThreadScheduledExecutor();
    private final List<URI> replicas = new CopyOnWriteArrayList<>();
    private final List<URI> ready = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();

    Balancer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::forward);
        server.start();
        health.scheduleWithFixedDelay(this::look, 0, 20, TimeUnit.MILLISECONDS);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void add(URI replica) {
        replicas.add(replica);
    }

    void remove(URI replica) {
        replicas.remove(replica);
        ready.remove(replica);
    }

    boolean isReady(URI replica) {
        return ready.contains(replica);
    }

    /** How often a request went to another replica than was tried first. */
    int retries() {
        return retries.get();
    }

    private void look() {
        for (URI replica : replicas) {
            boolean is = isUp(replica);
            if (is && !ready.contains(replica)) {
                ready.add(replica);
            } else if (!is) {
                ready.remove(replica);
            }
        }
    }

    private boolean isUp(URI replica) {
        try {
            HttpRequest request = HttpRequest.newBuilder(replica.resolve("/ready"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void forward(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            for (int tries = 1; ; tries++) {
                List<URI> now = List.copyOf(ready);
                if (!now.isEmpty()
                        && pass(exchange, now.get(Math.floorMod(turn.getAndIncrement(), now.size())), body, tries)) {
                    return;
                }
                if (tries == TRIES) {
                    exchange.sendResponseHeaders(UNAVAILABLE, -1);
                    return;
                }
                retries.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** False when another replica may be asked. */
    private boolean pass(HttpExchange exchange, URI replica, byte[] body, int tries)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(replica.resolve(exchange.getRequestURI()))
                .timeout(Duration.ofMinutes(2))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<InputStream> response;
        try {
            response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            return false;
        }
        try (InputStream answer = response.body()) {
            if (response.statusCode() == UNAVAILABLE && tries < TRIES) {
                return false;
            }
            response.headers()
                    .firstValue("Content-Type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            exchange.sendResponseHeaders(response.statusCode(), 0);
            answer.transferTo(exchange.getResponseBody());
            return true;
        }
    }

    @Override
    public void close() {
        health.shutdownNow();
        server.stop(0);
        client.shutdownNow();
    }
}
