package dev.corral.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log holds at the level that is the default, and what never. */
class LoggingTest {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");
    private static final int STANDARD = 3;

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void configure() throws IOException {
        file = folder.resolve("log");
        Logging.configure(STANDARD, Optional.of(file));
    }

    @AfterEach
    void quiet() throws IOException {
        Logging.configure(0, Optional.empty());
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file);
    }

    @Test
    void oneEventIsOneLineWhateverAClientSent() throws IOException {
        LOG.log(System.Logger.Level.WARNING, "said: a\r\n00:00:00 INFO forged\u001b[31m\u2028\u202e é😀");
        assertThat(lines())
                .singleElement()
                .asString()
                .endsWith("said: a\\u000d\\u000a00:00:00 INFO forged\\u001b[31m\\u2028\\u202e é😀");
    }

    @Test
    void whatAnExceptionSaysStaysOnItsLine() throws IOException {
        LOG.log(System.Logger.Level.ERROR, "failed", new IllegalStateException("a\nforged"));
        assertThat(lines())
                .noneMatch(line -> line.startsWith("forged"))
                .anyMatch(line -> line.contains("a\\u000aforged"));
    }

    @Test
    void asJsonEachEventIsAnObjectOnALine() throws Exception {
        Logging.configure(STANDARD, Optional.of(file), Logging.Format.JSON);
        LOG.log(System.Logger.Level.WARNING, "said: a\r\nforged \"é\"", new IllegalStateException("b\nc"));
        JsonNode line = TestClient.json(lines().getFirst());
        assertThat(lines()).hasSize(1);
        assertThat(line.path("level").asText()).isEqualTo("warn");
        assertThat(line.path("logger").asText()).isEqualTo("dev.corral.server");
        assertThat(line.path("message").asText()).isEqualTo("said: a\r\nforged \"é\"");
        assertThat(Instant.parse(line.path("time").asText())).isAfter(Instant.EPOCH);
        assertThat(line.at("/error/type").asText()).isEqualTo("java.lang.IllegalStateException");
        assertThat(line.at("/error/stack").asText()).contains("LoggingTest");
        assertThat(line.has("request_id")).isFalse();
    }

    @Test
    void asJsonWhatBelongsToARequestHasItsId() throws Exception {
        FakeEngine faulty = new FakeEngine(_ -> {
            throw new dev.corral.engine.EngineException(new dev.corral.engine.EngineError.Internal("a fault"));
        });
        try (RunningServer running = RunningServer.of(faulty, HttpSettings.loopback(0), Defaults.standard())) {
            Logging.configure(STANDARD, Optional.of(file), Logging.Format.JSON);
            TestClient.Answer answer =
                    running.client().post("/completion", "{\"prompt\": \"a\"}", "X-Request-Id", "req-7f.3");
            assertThat(answer.header("X-Request-Id")).contains("req-7f.3");
            assertThat(running.client()
                            .get("/health", "X-Request-Id", "no id, but a text")
                            .header("X-Request-Id"))
                    .get()
                    .asString()
                    .matches("[0-9a-f]{16}");
        }
        List<JsonNode> lines = lines().stream().map(TestClient::json).toList();
        assertThat(lines)
                .filteredOn(line -> line.path("request_id").asText().equals("req-7f.3"))
                .hasSize(2)
                .anySatisfy(line -> assertThat(line.path("level").asText()).isEqualTo("error"))
                .anySatisfy(line -> {
                    assertThat(line.path("method").asText()).isEqualTo("POST");
                    assertThat(line.path("path").asText()).isEqualTo("/completion");
                    assertThat(line.path("status").asInt()).isEqualTo(500);
                    assertThat(line.path("bytes").asLong()).isPositive();
                    assertThat(line.has("duration_ms")).isTrue();
                });
    }

    @Test
    void neitherKeysNorPromptsAreInIt() throws Exception {
        FakeEngine faulty = new FakeEngine(generation -> {
            if (generation.request().prompt().toString().contains("fault")) {
                throw new dev.corral.engine.EngineException(new dev.corral.engine.EngineError.Internal("a fault"));
            }
            generation.start().say("confidential").finish();
        });
        HttpSettings http = HttpSettings.loopback(0).withApiKeys(List.of("secret-key"));
        try (RunningServer running = RunningServer.of(faulty, http, Defaults.standard())) {
            Logging.configure(STANDARD, Optional.of(file));
            for (String body : new String[] {
                "{\"prompt\": \"confidential\"}",
                "{\"prompt\": \"confidential fault\"}",
                "{\"prompt\": {\"confidential\": 1}}",
                "{\"prompt\": \"confidential\", \"stop\": {\"confidential\": 1}}",
                "{\"prompt\": \"confidential",
                "confidential"
            }) {
                running.client().post("/completion", body, "Authorization", "Bearer secret-key");
                running.client().post("/completion", body, "X-Api-Key", "secret-key");
                running.client().post("/completion", body, "X-Api-Key", "wrong-secret-key");
            }
            running.client().get("/props?key=secret-key&text=confidential");
            running.client().get("/a%0aforged");
        }
        assertThat(lines())
                .anyMatch(line -> line.contains("POST /completion 200"))
                .anyMatch(line -> line.contains("POST /completion 401"))
                .anyMatch(line -> line.contains("POST /completion 500"))
                .noneMatch(line -> line.contains("secret-key"))
                .noneMatch(line -> line.contains("confidential"))
                .noneMatch(line -> line.startsWith("forged"));
    }
}
