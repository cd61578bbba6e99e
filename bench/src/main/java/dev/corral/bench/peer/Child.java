package dev.corral.bench.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A process that does not outlive this one. It is started through a shell that leaves a guard beside it: when the pipe to
 * the guard breaks, because this JVM ended in whatever way, the guard kills the process. Thread-safe.
 */
public final class Child implements AutoCloseable {

    private static final String GUARDED = """
            exec 3<&0
            {
                while read -r _; do :; done <&3
                for signal in TERM KILL; do
                    read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = $$ ] && kill -$signal $$
                    sleep 3
                done
            } >/dev/null 2>&1 &
            exec "$@" </dev/null 3<&-
            """;

    private final Process process;
    private final Path log;
    private volatile boolean stopped;
    private volatile boolean endedItself;

    private Child(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** One that reads nothing, and writes to a log. */
    static Child guarded(List<String> command, Path log) throws IOException {
        return new Child(
                builder(guard(command), log)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start(),
                log);
    }

    /** One whose output this process reads; only its errors go to the log. */
    static Child read(List<String> command, Path log) throws IOException {
        return new Child(builder(guard(command), log).start(), log);
    }

    /** One that this process talks to; it must end by itself when its input ends. */
    static Child talking(List<String> command, Path log) throws IOException {
        return new Child(builder(command, log).start(), log);
    }

    private static List<String> guard(List<String> command) {
        List<String> all = new ArrayList<>(List.of("sh", "-c", GUARDED, "guard"));
        all.addAll(command);
        return all;
    }

    private static ProcessBuilder builder(List<String> command, Path log) {
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    }

    InputStream output() {
        return process.getInputStream();
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    public Path log() {
        return log;
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Its exit status, once it has ended. */
    int await() throws InterruptedException {
        return process.waitFor();
    }

    /** Resident memory of the process and of all that it started. */
    public long residentBytes() throws IOException {
        return ProcessTree.residentBytes(process.toHandle());
    }

    /** Why it was not there any more when it was to end; empty where it was. */
    Optional<String> surprise() {
        return endedItself
                ? Optional.of("%s had ended by itself with status %d".formatted(log.getFileName(), process.exitValue()))
                : Optional.empty();
    }

    /** Asks it to end and kills it where it doesn't. */
    @Override
    public void close() {
        noteEnd();
        List<ProcessHandle> others = process.descendants().toList();
        others.stream().filter(ProcessTree::isShell).forEach(ProcessHandle::destroyForcibly);
        process.destroy();
        boolean interrupted = false;
        try {
            if (!process.waitFor(Duration.ofSeconds(10).toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        kill(others);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills it and all that it started, at once. */
    void kill() {
        noteEnd();
        kill(process.descendants().toList());
    }

    private void noteEnd() {
        if (!stopped && !process.isAlive()) {
            endedItself = true;
        }
        stopped = true;
    }

    private void kill(List<ProcessHandle> others) {
        others.forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
