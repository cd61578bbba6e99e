package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call the server. */
class AdmissionTest {

    private RunningServer running;

    private TestClient start(HttpSettings http) throws Exception {
        running = RunningServer.of(FakeEngine.saying("a"), http, Defaults.standard());
        return running.client();
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private String answerTo(String... headers) throws Exception {
        try (RawClient client = running.raw()) {
            return client.send("GET /health HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                    .readResponse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST:1234", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "chat.localhost"})
    void loopbackIsCalledByItsOwnNames(String host) throws Exception {
        start(HttpSettings.loopback(0));
        assertThat(answerTo("Host: " + host)).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "10.0.0.1",
                "0.0.0.0",
                "127.0.0.1evil",
                "notlocalhost",
                "[::2]:80"
            })
    void aForeignHostIsRefused(String host) throws Exception {
        start(HttpSettings.loopback(0));
        assertThat(answerTo("Host: " + host)).startsWith("HTTP/1.1 403").contains("\"type\":\"permission_error\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.example",
                "https://evil.example:8080",
                "null",
                "http://localhost.evil.example",
                "http://127.0.0.1@evil.example",
                "garbage"
            })
    void aForeignOriginIsRefused(String origin) throws Exception {
        start(HttpSettings.loopback(0));
        assertThat(answerTo("Host: localhost", "Origin: " + origin))
                .startsWith("HTTP/1.1 403")
                .doesNotContain("Access-Control-Allow-Origin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example"})
    void aForeignPageCannotUpgradeToAWebSocket(String from) throws Exception {
        start(HttpSettings.loopback(0));
        assertThat(answerTo(
                        from,
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
                .startsWith("HTTP/1.1 403");
    }

    @Test
    void aPageThatSendsCookiesReadsItsAnswer() throws Exception {
        start(HttpSettings.at("0.0.0.0", 0));
        try (RawClient client = running.raw()) {
            String body = "{\"prompt\": \"x\", \"stream\": true}";
            client.send("POST /completion HTTP/1.1\r\nHost: box.example\r\nOrigin: https://chat.example\r\n"
                    + "Cookie: session=1\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            assertThat(client.readTo("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200")
                    .contains("Access-Control-Allow-Origin: https://chat.example\r\n")
                    .contains("Access-Control-Allow-Credentials: true\r\n")
                    .contains("Vary: Origin\r\n");
        }
    }

    @Test
    void aLocalPageMayCall() throws Exception {
        start(HttpSettings.loopback(0));
        assertThat(answerTo("Host: localhost", "Origin: http://localhost:3000"))
                .startsWith("HTTP/1.1 200")
                .contains("Access-Control-Allow-Origin: http://localhost:3000\r\n")
                .contains("Access-Control-Allow-Credentials: true\r\n")
                .contains("Vary: Origin\r\n");
    }

    @Test
    void furtherNamesAndPagesCanBeAdmitted() throws Exception {
        start(HttpSettings.loopback(0)
                .withOrigins(Origins.parse("https://chat.example, localhost"))
                .withAllowedHosts(Set.of("box.example")));
        assertThat(answerTo("Host: box.example:80", "Origin: https://chat.example"))
                .startsWith("HTTP/1.1 200");
        assertThat(answerTo("Host: box.example", "Origin: https://other.example"))
                .startsWith("HTTP/1.1 403");
        assertThat(answerTo("Host: other.example")).startsWith("HTTP/1.1 403");
    }

    @Test
    void onOtherAddressesEveryPageMayCall() throws Exception {
        start(HttpSettings.at("0.0.0.0", 0));
        assertThat(answerTo("Host: box.example", "Origin: https://chat.example"))
                .startsWith("HTTP/1.1 200")
                .contains("Access-Control-Allow-Origin: https://chat.example\r\n");
    }

    @Test
    void aPreflightNeedsNoKey() throws Exception {
        TestClient client = start(HttpSettings.loopback(0).withApiKeys(List.of("secret")));
        TestClient.Answer answer = client.call(
                "OPTIONS",
                "/v1/chat/completions",
                "Origin",
                "http://localhost:3000",
                "Access-Control-Request-Headers",
                "authorization, content-type");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEmpty();
        assertThat(answer.header("Access-Control-Allow-Methods")).contains("GET, POST, DELETE, OPTIONS");
        assertThat(answer.header("Access-Control-Allow-Headers")).contains("authorization, content-type");
    }

    @Test
    void everyRouteButTheOpenOnesNeedsAKey() throws Exception {
        TestClient client = start(HttpSettings.loopback(0).withApiKeys(List.of("k-one", "k-two")));
        Set<String> open = new HashSet<>();
        for (Routes.Route route : running.server().routes().all()) {
            String path = route.path().replace("{+id}", "some/model").replace("{id}", "0");
            TestClient.Answer answer = client.call(route.method().text(), path);
            if (answer.status() != 401) {
                open.add(path);
            } else {
                assertThat(answer.text()).as(path).contains("Invalid API Key");
            }
        }
        assertThat(open)
                .containsExactlyInAnyOrder(
                        "/health",
                        "/v1/health",
                        "/ready",
                        "/openapi.json",
                        "/docs",
                        "/",
                        "/worker.js",
                        "/corral.webmanifest",
                        "/icon.svg",
                        "/assets/0",
                        "/petals",
                        "/petals/chat.js",
                        "/easylm",
                        "/easylm/chat.js");
        assertThat(client.get("/nothing").status()).isEqualTo(401);
        assertThat(client.get("/health/").status()).isEqualTo(401);
        for (String path :
                List.of("/assets/", "/assets/../props", "/assets/..%2fprops", "/assets/a/b", "/assets/%2e%2e")) {
            assertThat(client.get(path).status()).as(path).isEqualTo(401);
        }
    }

    @Test
    void aKeyIsTakenFromEitherHeader() throws Exception {
        TestClient client = start(HttpSettings.loopback(0).withApiKeys(List.of("k-one", "k-two")));
        assertThat(client.get("/props", "Authorization", "Bearer k-one").status())
                .isEqualTo(200);
        assertThat(client.get("/props", "Authorization", "bearer k-two").status())
                .isEqualTo(200);
        assertThat(client.get("/props", "X-Api-Key", "k-two").status()).isEqualTo(200);
        for (String wrong : List.of(
                "Bearer", "Bearer ", "Bearer k-onek-two", "Bearer K-ONE", "Bearer k-one,k-two", "Basic k-one")) {
            TestClient.Answer answer = client.get("/props", "Authorization", wrong);
            assertThat(answer.status()).as(wrong).isEqualTo(401);
            assertThat(answer.header("WWW-Authenticate")).contains("Bearer");
            assertThat(answer.text()).doesNotContain("k-");
        }
    }

    @Test
    void requestsWithOneKeyAreCountedToOneCaller() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        running = RunningServer.of(
                engine, HttpSettings.loopback(0).withApiKeys(List.of("k-one", "k-two")), Defaults.standard());
        for (String key : List.of("k-one", "k-two", "k-one")) {
            running.client().post("/completion", "{\"prompt\": \"x\"}", "X-Api-Key", key);
        }
        List<String> callers = List.of(caller(engine), caller(engine), caller(engine));
        assertThat(callers.get(0))
                .isEqualTo(callers.get(2))
                .isNotEqualTo(callers.get(1))
                .isNotBlank();
        assertThat(callers).doesNotContain("k-one", "k-two");
    }

    private static String caller(FakeEngine engine) throws InterruptedException {
        return engine.next().request().schedule().key();
    }
}
