package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static dev.corral.server.worker.TinyModel.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.TestModel;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.testing.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A worker dies; its requests learn of it, and nobody else does. */
class WorkerDeathTest {

    /** A full context forgets its middle. */
    private static final Defaults UNENDING = new Defaults(
            Sampling.greedySampling(),
            Limits.UNLIMITED,
            Optional.of(new Limits.ContextShift(0, 0)),
            Query.Embed.EUCLIDEAN,
            Optional.empty(),
            Optional.empty(),
            false,
            Speculation.OFF,
            ChatDefaults.STANDARD);

    @TempDir
    private Path folder;

    private WorkerEngine tiny(String name) throws InterruptedException {
        return WorkerEngine.open(
                TinyModel.options(TinyModels.llama(folder)).name(name).build(), progress -> {});
    }

    private static void kill(WorkerEngine engine) {
        assertThat(ProcessHandle.of(engine.pid()).orElseThrow().destroyForcibly())
                .isTrue();
    }

    /** From a worker that has died to one that is ready. */
    private static void awaitRestart(WorkerEngine engine, long deadPid) {
        while (engine.pid() == deadPid || !engine.ready()) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static Event lastOf(Generation generation) throws InterruptedException {
        Event last = generation.next();
        while (!generation.ended()) {
            last = generation.next();
        }
        return last;
    }

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }

    @Test
    void failsWhatIsInItWhereverThatIsAndNobodyElse() throws Exception {
        LocalEngineOptions options = LocalEngineOptions.builder(TestModel.path())
                .name("dying")
                .contextSize(4096)
                .slots(2)
                .threads(1)
                .build();
        try (WorkerEngine dying = WorkerEngine.open(options, progress -> {});
                WorkerEngine living = tiny("living");
                Generation other = living.submit(endless("Somebody else"))) {
            awaitDelta(other);
            Generation decoding = dying.submit(endless("Decoding"));
            awaitDelta(decoding);
            Generation prefilling = dying.submit(greedy("A long prompt to be read. ".repeat(250), 10));
            while (!(prefilling.next() instanceof Event.Started)) {
                assertThat(prefilling.ended()).isFalse();
            }
            List<Generation> all = new ArrayList<>(List.of(decoding, prefilling));
            all.add(dying.submit(greedy("Waiting", 10)));
            all.add(dying.submit(greedy("Waiting, too", 10)));
            long pid = dying.pid();
            long begun = System.nanoTime();
            kill(dying);
            for (Generation generation : all) {
                assertThat(lastOf(generation)).isEqualTo(new Event.Failed(new EngineError.EngineDied()));
            }
            System.getLogger("dev.corral.test")
                    .log(System.Logger.Level.INFO, "all failed after {0} µs", (System.nanoTime() - begun) / 1000);
            assertThat(dying.model().name()).isEqualTo("dying");
            awaitDelta(other);
            awaitRestart(dying, pid);
            assertThat(EngineFixture.run(dying, greedy("Back", 3)).tokens()).hasSize(3);
            awaitDelta(other);
        }
    }

    @Test
    void refusesAgainAndAgainUntilItIsLoadedAgain() throws Exception {
        try (WorkerEngine engine = tiny("restarted")) {
            long pid = engine.pid();
            kill(engine);
            while (engine.ready()) {
                LockSupport.parkNanos(1_000_000);
            }
            try {
                engine.submit(greedy("x", 1));
                assertThat(engine.pid()).isNotEqualTo(pid);
            } catch (EngineException e) {
                assertThat(e.error())
                        .isInstanceOfSatisfying(
                                EngineError.Restarting.class,
                                restarting -> assertThat(restarting.retryAfter())
                                        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(60)));
            }
            awaitRestart(engine, pid);
            assertThat(engine.ask(new Query.Tokenize("again", false, false, true))
                            .tokens()
                            .isEmpty())
                    .isFalse();
        }
    }

    @Test
    void aRequestThatWasThereTwiceIsNotRunAgain() throws Exception {
        try (WorkerEngine engine = tiny("suspicious")) {
            Generate suspect = endless("Kills");
            for (int death = 0; death < 2; death++) {
                long pid = engine.pid();
                Generation generation = engine.submit(suspect);
                awaitDelta(generation);
                kill(engine);
                assertThat(lastOf(generation)).isInstanceOf(Event.Failed.class);
                awaitRestart(engine, pid);
            }
            assertThatExceptionOfType(EngineException.class)
                    .isThrownBy(() -> engine.submit(
                            suspect.with(new Generate.Schedule(3, "another key", Optional.of(Duration.ofSeconds(9))))))
                    .satisfies(e -> assertThat(e.error()).isEqualTo(new EngineError.Quarantined(2)));
            assertThat(EngineFixture.run(engine, greedy("Innocent", 2)).tokens())
                    .hasSize(2);
        }
    }

    @Test
    void whoEndsWellInBetweenIsInnocent() throws Exception {
        try (WorkerEngine engine = tiny("forgiving")) {
            Generate request = greedy("Was there by chance", 300);
            for (int death = 0; death < 3; death++) {
                long pid = engine.pid();
                Generation generation = engine.submit(request);
                awaitDelta(generation);
                kill(engine);
                lastOf(generation);
                awaitRestart(engine, pid);
                assertThat(EngineFixture.run(engine, request).tokens()).hasSize(300);
            }
        }
    }

    @Test
    void clientsLearnItInTheirDialect() throws Exception {
        try (WorkerEngine engine = tiny("served");
                RunningServer server = RunningServer.of(engine, HttpSettings.loopback(0), UNENDING)) {
            String endless = "\"ignore_eos\": true";
            long pid = engine.pid();
            try (RawClient stream =
                            server.raw().post("/completion", "{\"prompt\": \"a\", \"stream\": true, " + endless + "}");
                    RawClient openai = server.raw()
                            .post(
                                    "/v1/chat/completions",
                                    "{\"messages\": [{\"role\": \"user\", \"content\": \"b\"}], \"stream\": true, "
                                            + endless + "}");
                    RawClient plain = server.raw().post("/completion", "{\"prompt\": \"c\", " + endless + "}")) {
                stream.readTo("data: ");
                openai.readTo("data: ");
                while (engine.stats().running() < 3) {
                    LockSupport.parkNanos(5_000_000);
                }
                kill(engine);
                assertThat(stream.readTo("\r\n0\r\n\r\n"))
                        .contains("data: {\"error\":{\"code\":503")
                        .contains("process ended");
                assertThat(openai.readTo("\r\n0\r\n\r\n")).contains("\"code\":\"unavailable\"");
                assertThat(plain.readResponse()).startsWith("HTTP/1.1 503").contains("Retry-After: 1");
            }
            TestClient.Answer health = server.client().get("/health");
            if (health.status() == 503) {
                assertThat(health.text()).contains("Loading model");
                assertThat(health.header("Retry-After")).isPresent();
            }
            awaitRestart(engine, pid);
            assertThat(server.client().get("/health").status()).isEqualTo(200);
            assertThat(server.client()
                            .post("/completion", "{\"prompt\": \"d\", \"n_predict\": 2}")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aWorkerThatCanNotBeLoadedAgainIsTriedAgain() throws Exception {
        Path model = TinyModels.llama(folder);
        try (WorkerEngine engine =
                WorkerEngine.open(TinyModel.options(model).name("lost").build(), progress -> {})) {
            long pid = engine.pid();
            Path away = folder.resolve("away");
            Files.move(model, away);
            kill(engine);
            while (engine.ready()) {
                LockSupport.parkNanos(1_000_000);
            }
            Files.move(away, model);
            awaitRestart(engine, pid);
            assertThat(EngineFixture.run(engine, greedy("Found", 2)).tokens()).hasSize(2);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aNativeFaultLeavesARecord() throws Exception {
        try (WorkerEngine engine = tiny("faulty")) {
            long pid = engine.pid();
            Path record = Path.of(System.getProperty("java.io.tmpdir"), "corral-worker-" + pid + ".log");
            Generation generation = engine.submit(endless("Faulty"));
            awaitDelta(generation);
            new ProcessBuilder("kill", "-SEGV", Long.toString(pid)).start().waitFor();
            assertThat(lastOf(generation)).isEqualTo(new Event.Failed(new EngineError.EngineDied()));
            awaitRestart(engine, pid);
            assertThat(record).content().contains("SIGSEGV");
            Files.delete(record);
        }
    }

    @Test
    void closingEndsTheProcess() throws Exception {
        WorkerEngine engine = tiny("closed");
        ProcessHandle process = ProcessHandle.of(engine.pid()).orElseThrow();
        engine.close();
        process.onExit().get(20, TimeUnit.SECONDS);
    }
}
