package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.generation.Defaults;
import org.junit.jupiter.api.Test;

/** More clients than there may be connections. */
class ConnectionLimitTest {

    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static RunningServer running(FakeEngine engine) throws Exception {
        return RunningServer.of(engine, HttpSettings.loopback(0).withMaxConnections(3), Defaults.standard());
    }

    @Test
    void theLongestIdleMakesRoom() throws Exception {
        try (RunningServer running = running(FakeEngine.saying("a"));
                RawClient first = running.raw();
                RawClient second = running.raw();
                RawClient third = running.raw()) {
            for (RawClient client : new RawClient[] {first, second, third}) {
                assertThat(client.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
            }
            try (RawClient fourth = running.raw()) {
                assertThat(fourth.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
                assertThat(first.readToEnd()).isEmpty();
                assertThat(second.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
                assertThat(third.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void whereNoneIsIdleTheNewOneIsToldToComeBack() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {});
        try (RunningServer running = running(engine);
                RawClient first = running.raw().post("/completion", "{\"prompt\": \"x\"}");
                RawClient second = running.raw().post("/completion", "{\"prompt\": \"x\"}");
                RawClient third = running.raw().post("/completion", "{\"prompt\": \"x\"}")) {
            FakeGeneration[] generations = {engine.next(), engine.next(), engine.next()};
            try (RawClient fourth = running.raw()) {
                assertThat(fourth.send(HEALTH).readToEnd())
                        .startsWith("HTTP/1.1 503")
                        .contains("Retry-After: 1\r\n")
                        .endsWith("\"type\":\"unavailable_error\"}}");
            }
            for (FakeGeneration generation : generations) {
                generation.start().say("a").finish();
            }
            for (RawClient client : new RawClient[] {first, second, third}) {
                assertThat(client.readResponse()).startsWith("HTTP/1.1 200");
            }
            try (RawClient fifth = running.raw()) {
                assertThat(fifth.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
            }
        }
    }
}
