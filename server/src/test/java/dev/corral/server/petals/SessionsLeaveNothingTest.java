package dev.corral.server.petals;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.corral.engine.EngineStats;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.Conditions;
import dev.corral.server.RunningServer;
import dev.corral.server.SocketClient;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.http.HttpSettings;
import dev.corral.testing.TinyModels;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hundreds of sessions, opened and dropped in every way, leave no slot, no cell and no thread behind. */
class SessionsLeaveNothingTest {

    private static final int MANY = 300;

    @TempDir
    private Path folder;

    private LocalEngine engine;
    private RunningServer running;
    private long threadsBefore;

    @BeforeEach
    void start() throws Exception {
        engine = LocalEngine.open(
                LocalEngineOptions.builder(TinyModels.llama(folder))
                        .contextSize(1024)
                        .slots(4)
                        .threads(1)
                        .build(),
                _ -> {});
        threadsBefore = threads(); // of other tests
        running = RunningServer.of(
                engine,
                HttpSettings.loopback(0),
                new PetalsSettings(MANY, Duration.ofMinutes(5), List.of()),
                EasyLmSettings.STANDARD);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    /** Threads that talk, ping, or look after sessions. */
    private long threads() throws Exception {
        Path dump = folder.resolve("threads.txt");
        Files.deleteIfExists(dump);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        try (Stream<String> lines = Files.lines(dump)) {
            return lines.filter(line -> line.contains("\"websocket") || line.contains("\"petals sessions"))
                    .count();
        }
    }

    private void nothingIsLeft() throws Exception {
        Conditions.await("no slot is taken and no cell used", () -> {
            engine.checkInvariants();
            EngineStats stats = engine.stats();
            return stats.running() == 0 && stats.queued() == 0 && stats.usedCells() == 0;
        });
        Conditions.await("no thread is left", () -> threads() <= threadsBefore);
    }

    @Test
    void byWebSocket() throws Exception {
        for (int i = 0; i < MANY; i++) {
            SocketClient client =
                    SocketClient.open(running.client().http(), running.client().address(), "/api/v2/generate");
            client.say("{'type': 'open_inference_session', 'max_length': 200}")
                    .say("{'type': 'generate', 'inputs': 'the cat sat on the mat number " + i + "',"
                            + " 'max_new_tokens': 1, 'stop_sequence': 'never said'}");
            if (i % 3 != 0) {
                client.next();
            }
            if (i % 2 == 0) {
                client.abort();
            } else {
                client.close();
            }
        }
        nothingIsLeft();
    }

    @Test
    void byHttp() throws Exception {
        for (int i = 0; i < MANY; i++) {
            String id = running.client()
                    .get("/api/v1/open_inference_session")
                    .json()
                    .path("session_id")
                    .textValue();
            assertThat(running.client()
                            .post(
                                    "/api/v1/generate",
                                    "session_id=" + id + "&inputs=the dog ran to house " + i + "&max_new_tokens=2")
                            .text())
                    .startsWith("{\"ok\":true");
            running.client().get("/api/v1/close_inference_session?session_id=" + id);
        }
        nothingIsLeft();
    }
}
