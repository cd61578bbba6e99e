package dev.corral.server.worker;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A worker in which a {@link NativeFault} happens once a file appears. It is on the tests' class path only, and nothing
 * that a request says leads to it.
 */
final class FaultyWorker {

    private static final long SMALL_STACK = 512 << 10;

    private FaultyWorker() {}

    /** Starts one that waits for {@code trigger}. */
    static WorkerProcess start(NativeFault fault, Path model, Path trigger) {
        return WorkerProcess.start(
                FaultyWorker.class,
                List.of(
                        "-Dcorral.test.fault=" + fault,
                        "-Dcorral.test.fault.model=" + model,
                        "-Dcorral.test.fault.trigger=" + trigger));
    }

    public static void main(String[] args) {
        Thread faulty = new Thread(null, FaultyWorker::await, "faulty", SMALL_STACK);
        faulty.setDaemon(true);
        faulty.start();
        WorkerMain.main(args);
    }

    private static void await() {
        Path trigger = Path.of(System.getProperty("corral.test.fault.trigger"));
        while (Files.notExists(trigger)) {
            LockSupport.parkNanos(5_000_000);
        }
        try {
            NativeFault.valueOf(System.getProperty("corral.test.fault"))
                    .happen(Path.of(System.getProperty("corral.test.fault.model")), Arena.global());
        } catch (Throwable e) {
            throw new IllegalStateException("no fault happened", e);
        }
    }
}
