package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.generation.Defaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take too long, one way or another, are given up; others don't notice. */
class TimeLimitsTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int MANY = 1_000;

    private static RunningServer running(FakeEngine engine, TimeLimits limits) throws Exception {
        return RunningServer.of(engine, HttpSettings.loopback(0).with(limits), Defaults.standard());
    }

    @Test
    void athousandSlowHeadsKeepNobodyFromBeingServed() throws Exception {
        TimeLimits limits = new TimeLimits(Duration.ofSeconds(2), LONG, LONG, LONG);
        try (RunningServer running = running(FakeEngine.saying("a"), limits)) {
            List<RawClient> slow = new ArrayList<>();
            try {
                for (int i = 0; i < MANY; i++) {
                    slow.add(running.raw().send("POST /completion HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
                }
                for (int i = 0; i < 20; i++) {
                    assertThat(running.client()
                                    .post("/completion", "{\"prompt\": \"x\"}")
                                    .status())
                            .isEqualTo(200);
                }
                for (RawClient client : slow) {
                    assertThat(client.readToEnd()).startsWith("HTTP/1.1 408").contains("in time");
                }
            } finally {
                for (RawClient client : slow) {
                    client.close();
                }
            }
        }
    }

    @Test
    void bytesThatKeepComingDoNotMakeAHeadLonger() throws Exception {
        try (RunningServer running = running(FakeEngine.saying("a"), new TimeLimits(SHORT, LONG, LONG, LONG));
                RawClient client = running.raw()) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
            Thread trickle = Thread.ofVirtual().start(() -> {
                try {
                    while (!Thread.interrupted()) {
                        client.send("x");
                    }
                } catch (java.io.IOException e) {
                    // closed, as it should be
                }
            });
            assertThat(client.readTo("\r\n")).matches("HTTP/1.1 (408|431) .*\r\n");
            trickle.interrupt();
        }
    }

    @ParameterizedTest
    @CsvSource({"/completion, 408", "/v1/chat/completions, request_timeout"})
    void aBodyThatDoesNotComeIsA408InItsDialect(String path, String code) throws Exception {
        try (RunningServer running = running(FakeEngine.saying("a"), new TimeLimits(LONG, SHORT, LONG, LONG));
                RawClient client = running.raw()) {
            client.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"prompt\": ");
            assertThat(client.readToEnd())
                    .startsWith("HTTP/1.1 408")
                    .contains("Connection: close")
                    .contains("\"code\":" + (code.equals("408") ? code : "\"" + code + "\""));
        }
    }

    @Test
    void aConnectionThatIsNotUsedIsClosed() throws Exception {
        try (RunningServer running = running(FakeEngine.saying("a"), new TimeLimits(LONG, LONG, SHORT, LONG));
                RawClient client = running.raw()) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200");
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void anAnswerMayTakeAsLongAsItTakes() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        TimeLimits limits = new TimeLimits(SHORT, SHORT, SHORT, SHORT);
        try (RunningServer running = running(engine, limits);
                RawClient waiting = running.raw().post("/completion", "{\"prompt\": \"x\"}");
                RawClient idle = running.raw()) {
            FakeGeneration generation = engine.next();
            idle.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            idle.readResponse();
            idle.readToEnd(); // so the limits have passed
            assertThat(generation.isCancelled()).isFalse();
            generation.start().say("late").finish();
            assertThat(waiting.readResponse()).startsWith("HTTP/1.1 200").contains("late");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/completion", "/v1/chat/completions"})
    void aReaderThatStopsReadingGivesItsSlotBack(String path) throws Exception {
        String much = "x".repeat(1_000_000);
        FakeEngine engine = new FakeEngine(generation -> {
            generation.start();
            for (int i = 0; i < 64; i++) {
                generation.say(much);
            }
        });
        try (RunningServer running = running(engine, new TimeLimits(LONG, LONG, LONG, Duration.ofMillis(500)));
                RawClient client = running.raw()
                        .post(
                                path,
                                "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}],"
                                        + " \"stream\": true}")) {
            client.readTo("data: ");
            engine.next().awaitCancel();
            assertThat(running.server().shutDown(Duration.ofSeconds(20)))
                    .as("nothing is left")
                    .isTrue();
        }
    }

    @Test
    void aReaderThatIsSlowAndSteadyGetsEverything() throws Exception {
        String much = "x".repeat(20_000_000);
        try (RunningServer running =
                        running(FakeEngine.saying(much), new TimeLimits(LONG, LONG, LONG, Duration.ofSeconds(2)));
                RawClient client = running.raw().post("/completion", "{\"prompt\": \"x\"}")) {
            assertThat(client.readResponse()).hasSizeGreaterThan(much.length());
        }
    }
}
