package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.FinishReason;
import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.SocketClient;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that talk by WebSocket, whatever about. */
class WebSocketTest {

    private static final String PATH = "/api/v2/generate";
    private static final String OPEN = "{'type': 'open_inference_session', 'max_length': 512}";
    private static final String UPGRADE = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private RunningServer running;

    private void start(FakeEngine engine, HttpSettings http) throws Exception {
        running = RunningServer.of(engine, http, Defaults.standard());
    }

    private SocketClient open(String... headers) throws Exception {
        return SocketClient.open(running.client().http(), running.client().address(), PATH, headers);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private String answerTo(String headers) throws Exception {
        try (RawClient client = running.raw()) {
            return client.send("GET " + PATH + " HTTP/1.1\r\n" + headers + "\r\n")
                    .readTo("\r\n\r\n");
        }
    }

    @Test
    void aHandshakeIsAnsweredByTheStandard() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        assertThat(answerTo("Host: localhost\r\n" + UPGRADE))
                .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example\r\n",
                "Host: localhost\r\nOrigin: http://evil.example\r\n",
                "Host: localhost\r\nOrigin: null\r\n"
            })
    void aForeignPageIsNotUpgraded(String from) throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        assertThat(answerTo(from + UPGRADE)).startsWith("HTTP/1.1 403");
    }

    @Test
    void aPageThatIsNotAdmittedIsNotUpgradedOnOtherAddressesEither() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.at("0.0.0.0", 0).withOrigins(Origins.parse("https://chat.example")));
        assertThat(answerTo("Host: box\r\nOrigin: https://chat.example\r\n" + UPGRADE))
                .startsWith("HTTP/1.1 101");
        assertThat(answerTo("Host: box\r\nOrigin: https://evil.example\r\n" + UPGRADE))
                .doesNotStartWith("HTTP/1.1 101");
    }

    @Test
    void aKeyIsNeeded() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0).withApiKeys(List.of("k-one")));
        assertThat(answerTo("Host: localhost\r\n" + UPGRADE)).startsWith("HTTP/1.1 401");
        assertThat(answerTo("Host: localhost\r\nAuthorization: Bearer wrong\r\n" + UPGRADE))
                .startsWith("HTTP/1.1 401");
        assertThat(answerTo("Host: localhost\r\nAuthorization: Bearer k-one\r\n" + UPGRADE))
                .startsWith("HTTP/1.1 101");
        assertThatThrownBy(this::open)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(WebSocketHandshakeException.class);
    }

    /** A browser lets a page choose no other header. */
    @Test
    void aPageSendsItsKeyAsAProtocol() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0).withApiKeys(List.of("k-one", "schlüssel/?+")));
        for (String key : List.of("k-one", "schlüssel/?+")) {
            String answer = answerTo("Host: localhost\r\n" + UPGRADE + offering("corral, " + bearer(key)));
            assertThat(answer)
                    .startsWith("HTTP/1.1 101")
                    .contains("\r\nSec-WebSocket-Protocol: corral\r\n")
                    .doesNotContain("bearer");
        }
        assertThat(answerTo("Host: localhost\r\n" + UPGRADE + offering("corral") + offering(bearer("k-one"))))
                .startsWith("HTTP/1.1 101");
        for (String wrong : List.of(
                "corral",
                "corral, " + bearer("k-two"),
                "corral, " + bearer(""),
                "corral, corral.bearer.k-one",
                "corral, corral.bearer.!!",
                "corral, k-one",
                bearer("k-two") + ", " + bearer("k-one"))) {
            assertThat(answerTo("Host: localhost\r\n" + UPGRADE + offering(wrong)))
                    .as(wrong)
                    .startsWith("HTTP/1.1 401");
        }
        assertThat(answerTo("Host: localhost\r\nOrigin: http://evil.example\r\n" + UPGRADE
                        + offering("corral, " + bearer("k-one"))))
                .startsWith("HTTP/1.1 403");
    }

    @Test
    void aKeyAsAProtocolIsForUpgradesOnly() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0).withApiKeys(List.of("k-one")));
        assertThat(running.client()
                        .get("/props", "Sec-WebSocket-Protocol", "corral, " + bearer("k-one"))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void onlyAProtocolThatIsOfferedIsTaken() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        assertThat(answerTo("Host: localhost\r\n" + UPGRADE + offering("graphql-ws, corral")))
                .contains("Sec-WebSocket-Protocol: corral\r\n");
        assertThat(answerTo("Host: localhost\r\n" + UPGRADE + offering("graphql-ws")))
                .startsWith("HTTP/1.1 101")
                .doesNotContain("Sec-WebSocket-Protocol");
    }

    private static String offering(String protocols) {
        return "Sec-WebSocket-Protocol: " + protocols + "\r\n";
    }

    private static String bearer(String key) {
        return "corral.bearer."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aKeysLimitsHoldForMessages() throws Exception {
        KeySettings keys = new KeySettings(List.of("k-one"), Optional.empty(), new KeyLimits(2, 0, 0));
        start(
                new FakeEngine(generation -> generation.start().say("a").finish(FinishReason.LIMIT, Optional.empty())),
                HttpSettings.loopback(0).with(keys));
        try (SocketClient client = open("Authorization", "Bearer k-one")) {
            client.say(OPEN).next();
            for (int i = 0; i < 2; i++) {
                client.say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1}");
                assertThat(client.next().path("ok").booleanValue()).isTrue();
            }
            client.say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1}");
            assertThat(client.next().path("traceback").textValue()).contains("2 requests a minute");
            assertThat(client.awaitClose()).isEqualTo(1000);
        }
    }

    @Test
    void whatIsNoUpgradeIsRefused() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        TestClient.Answer plain = running.client().get(PATH);
        assertThat(plain.status()).isEqualTo(400);
        assertThat(plain.text()).contains("must be opened as a WebSocket");
        for (String broken : List.of(
                UPGRADE.replace("13", "8"),
                UPGRADE.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="),
                UPGRADE.replace("keep-alive, Upgrade", "keep-alive"))) {
            assertThat(answerTo("Host: localhost\r\n" + broken)).doesNotStartWith("HTTP/1.1 101");
        }
        assertThat(running.client().get("/health").status()).isEqualTo(200);
    }

    @Test
    void aPingIsAnsweredWithItsOwnPayload() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        try (SocketClient client = open()) {
            byte[] payload = "are you there?".getBytes(StandardCharsets.US_ASCII);
            assertThat(client.ping(payload)).isEqualTo(ByteBuffer.wrap(payload));
        }
    }

    @Test
    void aClientThatAnswersPingsStays() throws Exception {
        TimeLimits times = TimeLimits.STANDARD.pinging(Duration.ofMillis(500));
        start(FakeEngine.saying("a"), HttpSettings.loopback(0).with(times));
        try (SocketClient client = open();
                RawClient silent = running.raw()) {
            silent.send("GET " + PATH + " HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + "\r\n")
                    .readTo("\r\n\r\n");
            // one that answers none is told to go, by which time the other was pinged as often
            assertThat(silent.readToEnd()).contains("Ping/Pong timeout");
            assertThat(client.say(OPEN).text()).isEqualTo("{\"ok\": true}");
        }
    }

    @Test
    void aMessageMayComeInPieces() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        try (SocketClient client = open()) {
            String message = OPEN.replace('\'', '"');
            client.send(message.substring(0, 9), false);
            client.send(message.substring(9, 20), false);
            client.send(message.substring(20), true);
            assertThat(client.text()).isEqualTo("{\"ok\": true}");
        }
    }

    @Test
    void aMessageThatIsTooLargeEndsTheConnection() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0).withMaxBody(10_000));
        try (SocketClient client = open()) {
            client.send("{\"a\": \"" + "x".repeat(20_000) + "\"}", true);
            assertThat(client.awaitClose()).isEqualTo(1009);
        }
        try (SocketClient client = open()) {
            for (int i = 0; i < 3; i++) {
                client.send("x".repeat(4_000), false);
            }
            assertThat(client.awaitClose()).isEqualTo(1009);
        }
    }

    @Test
    void messagesMustBeText() throws Exception {
        start(FakeEngine.saying("a"), HttpSettings.loopback(0));
        try (SocketClient client = open()) {
            client.sendBinary(new byte[] {1, 2, 3});
            assertThat(client.awaitClose()).isEqualTo(1003);
        }
    }

    @Test
    void tooManyMessagesThatWaitEndTheConnection() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> generation.start().say("a"));
        start(engine, HttpSettings.loopback(0));
        try (SocketClient client = open()) {
            String message = "{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 8}";
            client.say(OPEN).next();
            client.say(message);
            FakeGeneration generation = engine.next();
            for (int i = 0; i < 257; i++) { // one more than may wait; what comes after the last is not read
                client.say(message);
            }
            assertThat(client.awaitClose()).isEqualTo(1008);
            generation.awaitCancel();
        }
    }

    @Test
    void aClientThatLeavesIsNoticed() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> generation.start().say("a"));
        start(engine, HttpSettings.loopback(0));
        SocketClient client = open();
        client.say(OPEN).say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 8}");
        FakeGeneration abandoned = engine.next();
        client.abort();
        abandoned.awaitCancel();
        engine.nextVacated();
    }

    @Test
    void anOrderlyEndWaitsForWhatIsAnswered() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        start(engine, HttpSettings.loopback(0));
        try (SocketClient busy = open();
                SocketClient idle = open()) {
            idle.say(OPEN).next();
            busy.say(OPEN).say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1}");
            FakeGeneration generation = engine.next();
            assertThat(running.server().shutDown(Duration.ZERO)).isFalse();
            assertThat(generation.isComplete()).as("ended with its engine").isTrue();
        }
    }
}
