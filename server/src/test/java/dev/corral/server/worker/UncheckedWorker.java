package dev.corral.server.worker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A worker that, once a file appears, gives what a request says to llama.cpp as it stands, before all that Corral does with
 * it. It is on the tests' class path only.
 */
final class UncheckedWorker {

    private static final String CALL = "corral.test.call";
    private static final String MODEL = "corral.test.model.unchecked";
    private static final String SWITCH = "corral.test.switch";

    /** What a JVM gives its threads. */
    private static final long ORDINARY_STACK = 1 << 20;

    private UncheckedWorker() {}

    /** Starts one that checks until {@code off} exists. */
    static WorkerProcess start(UncheckedCall call, Path model, Path off) {
        return WorkerProcess.start(
                UncheckedWorker.class,
                List.of("-D" + CALL + "=" + call, "-D" + MODEL + "=" + model, "-D" + SWITCH + "=" + off));
    }

    public static void main(String[] args) {
        Path off = Path.of(System.getProperty(SWITCH));
        WorkerMain.run(checked -> command -> {
            boolean asks = command instanceof Command.Submit || command instanceof Command.Ask;
            if (asks && Files.exists(off)) {
                new Thread(null, () -> makeThenObey(command, checked), "unchecked", ORDINARY_STACK).start();
            } else {
                checked.accept(command);
            }
        });
    }

    private static void makeThenObey(Command command, Consumer<Command> checked) {
        Path model = Path.of(System.getProperty(MODEL));
        try {
            UncheckedCall.valueOf(System.getProperty(CALL)).make(command, new RawNative(model));
        } catch (Throwable e) {
            throw new IllegalStateException("the call could not be made", e);
        }
        checked.accept(command);
    }
}
