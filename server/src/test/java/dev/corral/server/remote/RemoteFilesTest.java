package dev.corral.server.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.corral.engine.InvalidRequestException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files fetched from a server on this machine, which stands for one in the operator's network and for one elsewhere. */
class RemoteFilesTest {

    private static final byte[] FILE = "a file".getBytes(StandardCharsets.UTF_8);

    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        serve("/file", exchange -> reply(exchange, 200, FILE));
        serve("/gone", exchange -> reply(exchange, 404, FILE));
        serve("/moved", exchange -> redirect(exchange, "/file"));
        serve("/round", exchange -> redirect(exchange, "/round"));
        serve("/away", exchange -> redirect(exchange, "http://169.254.169.254/latest/meta-data"));
        serve("/other-port", exchange -> redirect(exchange, "http://localhost:1/file"));
        serve("/to-file", exchange -> redirect(exchange, "file:///etc/passwd"));
        serve("/lost", exchange -> reply(exchange, 302, new byte[0]));
        serve("/large", exchange -> {
            exchange.sendResponseHeaders(200, RemoteFiles.MAX_BYTES + 1L);
            exchange.getResponseBody().write(FILE);
            exchange.getResponseBody().flush();
        });
        serve("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] block = new byte[1 << 20];
            for (int i = 0; i <= 2 * RemoteFiles.MAX_BYTES / block.length; i++) {
                exchange.getResponseBody().write(block);
            }
        });
        serve("/slow", exchange -> {
            exchange.sendResponseHeaders(200, FILE.length);
            await(ended);
        });
        server.start();
    }

    @AfterEach
    void stop() {
        ended.countDown();
        server.stop(0);
    }

    private void serve(String path, HttpHandler handler) {
        server.createContext(path, exchange -> {
            asked.incrementAndGet();
            try (exchange) {
                handler.handle(exchange);
            }
        });
    }

    private static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void redirect(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        exchange.sendResponseHeaders(302, -1);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private URI at(String path) {
        return URI.create("http://localhost:" + port() + path);
    }

    /** Files from the server, named with its port. */
    private RemoteFiles named() {
        return new RemoteFiles(RemoteHosts.of(List.of("localhost:" + port())));
    }

    private static void refuses(RemoteFiles files, URI address, String why) {
        assertThatThrownBy(() -> files.fetch("image_url.url", address))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("image_url.url")
                .hasMessageContaining(why);
    }

    @Test
    void whatIsNamedIsFetched() throws Exception {
        assertThat(named().fetch("url", at("/file"))).isEqualTo(FILE);
        assertThat(named().fetch("url", at("/moved"))).isEqualTo(FILE);
        assertThat(asked).hasValue(3);
    }

    @Test
    void nothingIsAskedUnlessNamed() {
        refuses(new RemoteFiles(RemoteHosts.NONE), at("/file"), "fetches nothing");
        refuses(new RemoteFiles(RemoteHosts.of(List.of("example.org"))), at("/file"), "host");
        refuses(new RemoteFiles(RemoteHosts.of(List.of("localhost"))), at("/file"), "host");
        refuses(named(), URI.create("file:///etc/passwd"), "host");
        assertThat(asked).hasValue(0);
    }

    /** A name that anybody may have made up must not lead into the operator's network. */
    @Test
    void awildcardReachesNoPrivateAddress() {
        refuses(new RemoteFiles(RemoteHosts.of(List.of("*:" + port()))), at("/file"), "no public address");
        refuses(
                new RemoteFiles(RemoteHosts.of(List.of("*:" + port()))),
                URI.create("http://127.0.0.1:" + port() + "/file"),
                "no public address");
        refuses(
                new RemoteFiles(RemoteHosts.of(List.of("*"))),
                URI.create("http://no-such-host.invalid/file"),
                "no public address");
        assertThat(asked).hasValue(0);
    }

    @Test
    void aRedirectIsJudgedLikeTheFirstAddress() {
        refuses(named(), at("/away"), "host");
        refuses(named(), at("/other-port"), "host");
        refuses(named(), at("/to-file"), "host");
        refuses(named(), at("/lost"), "without saying where");
        assertThat(asked).hasValue(4);
        refuses(named(), at("/round"), "redirects");
        assertThat(asked).hasValue(4 + 1 + RemoteFiles.MAX_REDIRECTS);
    }

    @Test
    void sizeIsLimited() {
        refuses(named(), at("/large"), "bytes");
        refuses(named(), at("/endless"), "bytes");
    }

    @Test
    void allFilesOfARequestAreLimitedTogether() throws Exception {
        byte[] most = new byte[RemoteFiles.MAX_BYTES - 1];
        serve("/most", exchange -> reply(exchange, 200, most));
        RemoteFiles files = named();
        assertThat(files.fetch("url", at("/most"))).hasSize(most.length);
        refuses(files, at("/file"), "bytes");
    }

    @Test
    void timeIsLimited() {
        RemoteFiles files = new RemoteFiles(RemoteHosts.of(List.of("localhost:" + port())), Duration.ofMillis(200));
        refuses(files, at("/slow"), "in time");
    }

    @Test
    void whatIsNoAnswerIsSaid() throws Exception {
        refuses(named(), at("/gone"), "404");
        int unused;
        try (ServerSocket free = new ServerSocket(0)) {
            unused = free.getLocalPort();
        }
        refuses(
                new RemoteFiles(RemoteHosts.of(List.of("127.0.0.1:" + unused))),
                URI.create("http://127.0.0.1:" + unused + "/"),
                "did not answer");
    }
}
