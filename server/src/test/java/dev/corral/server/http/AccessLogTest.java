package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.FakeEngine;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessLogTest {

    private static final Logger ACCESS = Logger.getLogger("dev.corral.access");

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord event) {
            lines.add(MessageFormat.format(event.getMessage(), event.getParameters()));
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is held
        }
    };

    private RunningServer running;

    @BeforeEach
    void start() throws Exception {
        running = RunningServer.of(
                FakeEngine.saying("answer"),
                HttpSettings.loopback(0).withApiKeys(List.of("secret")),
                Defaults.standard());
        ACCESS.setLevel(Level.INFO);
        ACCESS.setUseParentHandlers(false);
        ACCESS.addHandler(handler);
    }

    @AfterEach
    void stop() {
        ACCESS.removeHandler(handler);
        ACCESS.setUseParentHandlers(true);
        ACCESS.setLevel(null);
        running.close();
    }

    private String line() throws InterruptedException {
        String line = lines.poll(20, TimeUnit.SECONDS);
        assertThat(line).isNotNull();
        return line;
    }

    @Test
    void tellsOfARequestWhatIsNotPrivate() throws InterruptedException {
        TestClient.Answer answer = running.client()
                .post("/completion?token=hidden", "{\"prompt\": \"confidential\"}", "Authorization", "Bearer secret");
        String id = answer.header("X-Request-Id").orElseThrow();
        assertThat(line())
                .matches("POST /completion 200 \\d+B \\d+ms " + id)
                .doesNotContain("confidential")
                .doesNotContain("answer")
                .doesNotContain("secret")
                .doesNotContain("hidden");
    }

    @Test
    void tellsOfRefusals() throws InterruptedException {
        running.client().get("/props");
        assertThat(line()).startsWith("GET /props 401 ");
    }

    @Test
    void tellsTheLastAnswerOfAConnectionFromAClientThatLeft() throws Exception {
        try (RawClient client = running.raw()) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    .readToEnd();
        }
        assertThat(line()).startsWith("GET /health 200 ");
    }

    @Test
    void escapesWhatAClientChose() {
        assertThat(AccessLog.shown("/a\nINFO forged\u001b[31m é"))
                .isEqualTo("/a\\u000aINFO\\u0020forged\\u001b[31m\\u0020\\u00e9");
        assertThat(AccessLog.shown("x".repeat(1_000))).hasSize(203).endsWith("...");
    }
}
