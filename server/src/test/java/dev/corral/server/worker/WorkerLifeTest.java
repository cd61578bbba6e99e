package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static dev.corral.server.worker.TinyModel.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.LlamaException;
import dev.corral.testing.TinyModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A worker's beginning and its end, with and without its front. */
class WorkerLifeTest {

    @TempDir
    private Path folder;

    private static List<String> left(Path temporary) throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** A server as a process of its own, whose temporary files come to a folder of its own. */
    private Process serve(Path temporary, String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.corral.server.Main",
                "serve",
                "--port",
                "0",
                "-c",
                "2048"));
        command.addAll(List.of(flags));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void awaitReady(Process front) throws IOException {
        BufferedReader output =
                new BufferedReader(new InputStreamReader(front.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            all.append(line).append('\n');
            if (line.startsWith("Try:")) {
                return;
            }
        }
        throw new AssertionError("ended before it was ready: " + all);
    }

    @Test
    void aFrontThatIsKilledTakesItsWorkerAlong() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Process front = serve(temporary, "-m", TinyModels.llama(folder).toString());
        try {
            awaitReady(front);
            assertThat(left(temporary)).as("nothing of their meeting is left").isEmpty();
            List<ProcessHandle> workers = front.children().toList();
            assertThat(workers).hasSize(1);
            front.destroyForcibly();
            workers.getFirst().onExit().get(20, TimeUnit.SECONDS);
            assertThat(left(temporary)).isEmpty();
        } finally {
            front.destroyForcibly();
        }
    }

    @Test
    void aFrontThatIsKilledEarlyLeavesNothing() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Process front = serve(temporary, "-m", TinyModels.llama(folder).toString());
        try {
            while (front.children().findAny().isEmpty()) {
                Thread.onSpinWait();
            }
            List<ProcessHandle> workers = front.children().toList();
            front.destroyForcibly();
            for (ProcessHandle worker : workers) {
                worker.onExit().get(20, TimeUnit.SECONDS);
            }
            assertThat(left(temporary)).isEmpty();
        } finally {
            front.destroyForcibly();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onlyTheWorkerLoadsNativeCode() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Process front = serve(temporary, "-m", TinyModels.llama(folder).toString());
        try {
            awaitReady(front);
            ProcessHandle worker = front.children().findFirst().orElseThrow();
            assertThat(Files.readString(Path.of("/proc", Long.toString(front.pid()), "maps")))
                    .doesNotContain("libcorral", "libllama", "libggml");
            assertThat(Files.readString(Path.of("/proc", Long.toString(worker.pid()), "maps")))
                    .contains("libcorral");
            assertThat(new String(
                            Files.readAllBytes(Path.of("/proc", Long.toString(worker.pid()), "environ")),
                            StandardCharsets.UTF_8))
                    .containsAnyOf("GOMP_SPINCOUNT=100000", "OMP_WAIT_POLICY=");
        } finally {
            front.destroyForcibly();
        }
    }

    @Test
    void aConsolesInterruptIsLeftToTheFront() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/kill")));
        try (WorkerEngine engine =
                WorkerEngine.open(TinyModel.options(TinyModels.llama(folder)).build(), progress -> {})) {
            long pid = engine.pid();
            for (String signal : List.of("-INT", "-TERM", "-HUP")) {
                new ProcessBuilder("/bin/kill", signal, Long.toString(pid))
                        .start()
                        .waitFor();
            }
            assertThat(engine.ask(new Query.Tokenize("here", false, false, true))
                            .tokens()
                            .isEmpty())
                    .isFalse();
            assertThat(engine.pid()).isEqualTo(pid);
        }
    }

    @Test
    void aFileThatIsNoModelFailsAsItDoesInProcess() throws Exception {
        Path file = Files.writeString(folder.resolve("no-model.gguf"), "This is no model.");
        LocalEngineOptions options = LocalEngineOptions.of(file);
        Throwable here = catchThrowable(() -> LocalEngine.open(options, progress -> {}));
        Throwable there = catchThrowable(() -> WorkerEngine.open(options, progress -> {}));
        assertThat(there).isInstanceOf(RuntimeException.class).hasMessage(here.getMessage());
    }

    @Test
    void failuresToLoadKeepTheirKind() {
        LlamaException memory = new LlamaException(LlamaException.Code.OUT_OF_MEMORY, "no memory");
        assertThat(LoadFailure.of(memory).toException())
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(memory.code()))
                .hasMessage("no memory");
        InvalidRequestException invalid = new InvalidRequestException("lora", "x", "must be a file");
        assertThat(LoadFailure.of(invalid).toException())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(invalid.getMessage());
    }

    @Test
    void loadingIsToldOnTheCallersThread() throws Exception {
        Thread caller = Thread.currentThread();
        List<Double> progress = new CopyOnWriteArrayList<>();
        try (WorkerEngine engine =
                WorkerEngine.open(TinyModel.options(TinyModels.llama(folder)).build(), done -> {
                    assertThat(Thread.currentThread()).isEqualTo(caller);
                    progress.add(done);
                })) {
            assertThat(engine.ready()).isTrue();
            assertThat(progress)
                    .isNotEmpty()
                    .isSorted()
                    .allSatisfy(done -> assertThat(done).isBetween(0.0, 1.0));
        }
    }

    @Test
    void aWorkerThatDiesBeforeItIsThereIsAnError() {
        WorkerProcess process = WorkerProcess.start();
        process.close();
        LocalEngineOptions options = LocalEngineOptions.of(folder.resolve("any.gguf"));
        assertThatIllegalStateException()
                .isThrownBy(() -> WorkerEngine.open(process, options, progress -> {}))
                .withMessageContaining("did not start");
    }

    @RepeatedTest(4)
    void unloadingWhileRequestsRunEndsThemAll() throws Exception {
        WorkerEngine engine =
                WorkerEngine.open(TinyModel.options(TinyModels.llama(folder)).build(), progress -> {});
        ProcessHandle process = ProcessHandle.of(engine.pid()).orElseThrow();
        List<CompletableFuture<EngineError>> clients = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int client = i;
            CompletableFuture<EngineError> end = new CompletableFuture<>();
            clients.add(end);
            Thread.ofVirtual().start(() -> {
                try {
                    end.complete(useUntilItEnds(engine, client));
                } catch (InterruptedException | RuntimeException e) {
                    end.completeExceptionally(e);
                }
            });
        }
        Random random = new Random();
        while (engine.stats().tokensGenerated() < random.nextInt(200)) {
            Thread.onSpinWait();
        }
        engine.close();
        for (CompletableFuture<EngineError> client : clients) {
            assertThat(client.get(30, TimeUnit.SECONDS)).isEqualTo(new EngineError.Closed());
        }
        process.onExit().get(20, TimeUnit.SECONDS);
    }

    private static EngineError useUntilItEnds(WorkerEngine engine, int client) throws InterruptedException {
        while (true) {
            try {
                if (client % 4 == 3) {
                    engine.ask(new Query.Tokenize("asked by " + client, false, false, true));
                    continue;
                }
                try (Generation generation =
                        engine.submit(client % 2 == 0 ? endless("For ever " + client) : greedy("Short " + client, 5))) {
                    while (!generation.ended()) {
                        if (generation.next() instanceof Event.Failed(EngineError error)) {
                            return error;
                        }
                    }
                }
            } catch (EngineException e) {
                if (!(e.error() instanceof EngineError.Busy)) {
                    return e.error();
                }
            }
        }
    }
}
