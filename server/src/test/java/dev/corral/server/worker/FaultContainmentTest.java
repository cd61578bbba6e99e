package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static dev.corral.server.worker.TinyModel.greedy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineError;
import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.engine.local.EngineFixture;
import dev.corral.testing.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * With validation out of the way, what kills llama.cpp kills one worker: its request fails with a typed error, the worker
 * comes back, and a request to a second model does not notice. The rows are those of the list of requests that kill it.
 */
class FaultContainmentTest {

    @TempDir
    private Path folder;

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "rows 1, 2, 4 and 5, recursion over what is nested   | STACK_OVERFLOW_BY_NESTED_GRAMMAR",
                "row 3, a chain of rules                            | STACK_OVERFLOW_BY_CHAINED_RULES",
                "rows 6, 7 and 9, exceptions across the C API       | EXCEPTION_BY_TOKEN",
                "rows 11 to 15, assertions                          | ASSERTION_BY_SEQUENCE",
                "rows 10, 18, 19 and 20, access out of bounds       | SEGMENTATION_FAULT",
                "rows 8, 16 and 17, aborts                          | ABORT",
                "row 16, killed for want of memory                  | KILLED_FOR_MEMORY"
            })
    @DisabledOnOs(OS.WINDOWS)
    @Timeout(120)
    void isContained(String rows, NativeFault fault) throws Exception {
        Path model = TinyModels.llama(folder);
        Path trigger = folder.resolve("trigger");
        try (WorkerEngine dying = WorkerEngine.open(
                        FaultyWorker.start(fault, model, trigger),
                        TinyModel.options(model).name("dying").build(),
                        _ -> {});
                WorkerEngine living = WorkerEngine.open(
                        TinyModel.options(model).name("living").build(), _ -> {});
                Generation other = living.submit(endless("Somebody else"));
                Generation there = dying.submit(endless("In it"))) {
            awaitDelta(other);
            awaitDelta(there);
            long pid = dying.pid();
            long unharmed = living.pid();
            Files.createFile(trigger);
            Event last = there.next();
            while (!there.ended()) {
                last = there.next();
            }
            assertThat(last).as(rows).isEqualTo(new Event.Failed(new EngineError.EngineDied()));
            while (dying.pid() == pid || !dying.ready()) {
                LockSupport.parkNanos(5_000_000);
            }
            assertThat(EngineFixture.run(dying, greedy("Back", 3)).tokens()).hasSize(3);
            awaitDelta(other);
            assertThat(living.pid()).isEqualTo(unharmed);
            Files.deleteIfExists(Path.of(System.getProperty("java.io.tmpdir"), "corral-worker-" + pid + ".log"));
        }
    }
}
