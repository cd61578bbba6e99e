package dev.corral.server.worker;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A child JVM that is or becomes a worker: the same Java and the same class path, with a small heap. It ends when the front
 * does: before they are connected by the end of its standard input, afterwards by the end of the connection.
 *
 * <p>Ownership: whoever started it closes it. Thread-safe.
 */
public final class WorkerProcess implements AutoCloseable {

    /** How long a JVM may take to start on a machine that has much else to do. */
    private static final Duration START = Duration.ofSeconds(120);

    private static final Duration LAST_LINES = Duration.ofSeconds(5);
    private static final int SIGNALLED = 128;
    private static final String NATIVE_DIRECTORY = "corral.native.dir";
    private static final String STARTUP_CACHE = "corral-worker.aot";
    private static final String LIBRARIES = "lib";
    private static final String JVM_OPTIONS = "CORRAL_WORKER_JVM_OPTS";

    private final Process process;
    private final WorkerLog log;
    private final Thread logReader;
    private final CompletableFuture<SocketChannel> connection;

    private WorkerProcess(
            Process process, WorkerLog log, Thread logReader, CompletableFuture<SocketChannel> connection) {
        this.process = process;
        this.log = log;
        this.logReader = logReader;
        this.connection = connection;
    }

    /** Starts a worker and returns at once, while it starts. */
    public static WorkerProcess start() {
        return start(WorkerMain.class, List.of());
    }

    /** Starts a worker whose main class does something before it calls {@link WorkerMain}'s. */
    static WorkerProcess start(Class<?> main, List<String> jvmOptions) {
        Process process;
        try {
            process = builder(main, jvmOptions).start();
        } catch (IOException e) {
            throw new UncheckedIOException("no worker can be started", e);
        }
        WorkerLog log = new WorkerLog();
        Thread logReader =
                Thread.ofPlatform().daemon().name("corral-worker-log").start(() -> log.read(process.getInputStream()));
        CompletableFuture<SocketChannel> connection = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("corral-worker-start").start(() -> meet(process, connection));
        return new WorkerProcess(process, log, logReader, connection);
    }

    private static ProcessBuilder builder(Class<?> main, List<String> jvmOptions) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(property("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-XX:+UseCompactObjectHeaders");
        command.add("-XX:-UsePerfData");
        command.add("-Xms16m");
        // a heap whose references are compressed, as in the startup cache, however large the machine
        command.add("-XX:MaxRAM=64g");
        // the model's time is spent in native code: compiling twice gains nothing, and costs its cores
        command.add("-XX:TieredStopAtLevel=1");
        startupCache().ifPresent(file -> command.add("-XX:AOTCache=" + file));
        // a cache that does not fit makes a slower start, no worse
        command.add("-Xlog:aot*=error");
        // without memory for messages it is of no use: the front starts another one
        command.add("-XX:+ExitOnOutOfMemoryError");
        // a core holds the model, and takes as long to write
        command.add("-XX:-CreateCoredumpOnCrash");
        command.add("-XX:ErrorFile=" + crashRecord("%p"));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-Dstdout.encoding=UTF-8");
        command.add("-Dstderr.encoding=UTF-8");
        // few things are made by reflection, once each: compiling the access would not pay
        command.add("-Djdk.reflect.useNativeAccessorOnly=true");
        Optional.ofNullable(System.getProperty(NATIVE_DIRECTORY))
                .ifPresent(folder -> command.add("-D" + NATIVE_DIRECTORY + "=" + folder));
        command.addAll(jvmOptions);
        command.addAll(furtherOptions());
        command.add("-cp");
        command.add(property("java.class.path"));
        command.add(main.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        adapt(builder.environment());
        return builder;
    }

    private static Optional<Path> startupCache() throws IOException {
        String jar = property("java.class.path");
        return jar.endsWith(".jar") && !jar.contains(File.pathSeparator)
                ? startupCache(Path.of(jar))
                : Optional.empty();
    }

    /**
     * What {@code scripts/serve} and packages keep beside the jar of loaded and linked classes, unless it is older than the jar
     * or a library: the JVM would take its classes for theirs.
     */
    static Optional<Path> startupCache(Path jar) throws IOException {
        Path cache = jar.resolveSibling(STARTUP_CACHE);
        if (!Files.isRegularFile(cache)) {
            return Optional.empty();
        }
        List<Path> sources = new ArrayList<>(List.of(jar));
        Path libraries = jar.resolveSibling(LIBRARIES);
        if (Files.isDirectory(libraries)) {
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(libraries)) {
                jars.forEach(sources::add);
            }
        }
        FileTime made = Files.getLastModifiedTime(cache);
        for (Path source : sources) {
            if (made.compareTo(Files.getLastModifiedTime(source)) < 0) {
                return Optional.empty();
            }
        }
        return Optional.of(cache);
    }

    /** What an operator wants of the worker's JVM, split at spaces. */
    private static List<String> furtherOptions() {
        return System.getenv()
                .getOrDefault(JVM_OPTIONS, "")
                .lines()
                .flatMap(line -> Stream.of(line.split(" ")))
                .filter(Predicate.not(String::isBlank))
                .toList();
    }

    private static void adapt(Map<String, String> environment) {
        // OpenMP's threads spin between two operations: long enough to stay awake, not long enough to starve others
        if (!environment.containsKey("OMP_WAIT_POLICY")) {
            environment.putIfAbsent("GOMP_SPINCOUNT", "100000");
        }
        // a debugger on a process that aborts would keep its clients waiting
        environment.putIfAbsent("GGML_NO_BACKTRACE", "1");
    }

    private static Path crashRecord(String pid) {
        return Path.of(property("java.io.tmpdir"), "corral-worker-" + pid + ".log");
    }

    /** One that every JVM has. */
    private static String property(String name) {
        return Objects.requireNonNull(System.getProperty(name));
    }

    private static void meet(Process process, CompletableFuture<SocketChannel> connection) {
        Invitation invitation = Invitation.create();
        try (Writer worker = process.outputWriter(StandardCharsets.UTF_8)) {
            invitation.writeTo(worker);
            try (Rendezvous rendezvous = Rendezvous.open(invitation)) {
                process.onExit().thenRun(() -> end(rendezvous));
                CompletableFuture.delayedExecutor(START.toSeconds(), TimeUnit.SECONDS)
                        .execute(() -> end(rendezvous));
                Invitation.call(worker);
                SocketChannel channel = rendezvous.await();
                if (!connection.complete(channel)) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            process.destroyForcibly();
            connection.completeExceptionally(e);
        }
    }

    private static void end(Rendezvous rendezvous) {
        try {
            rendezvous.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The connection to the worker, once there is one. It belongs to the caller.
     *
     * @throws IllegalStateException when the worker ended, or did not come in time
     */
    SocketChannel connection() throws InterruptedException {
        try {
            return connection.get();
        } catch (ExecutionException | CancellationException e) {
            close();
            throw new IllegalStateException("the worker did not start: " + describeEnd(), e.getCause());
        }
    }

    /** Done when the worker is lost, though its process may be there a little longer. */
    CompletableFuture<String> fault() {
        return log.fault();
    }

    long pid() {
        return process.pid();
    }

    /** Its exit code or signal and the last lines of its log. Waits a little for its end, then makes it end. */
    String describeEnd() throws InterruptedException {
        if (!process.waitFor(LAST_LINES)) {
            close();
            return "did not end by itself";
        }
        logReader.join(LAST_LINES);
        int code = process.exitValue();
        StringBuilder end = new StringBuilder(
                code > SIGNALLED ? "ended by signal " + (code - SIGNALLED) : "ended with exit code " + code);
        Path record = crashRecord(Long.toString(process.pid()));
        if (Files.exists(record)) {
            end.append("; its crash record is ").append(record);
        }
        List<String> lines = log.last();
        if (!lines.isEmpty()) {
            end.append("; its last lines:\n    ").append(String.join("\n    ", lines));
        }
        return end.toString();
    }

    /** Waits for its end, and no longer than {@code patience}; then it is made to end. */
    void end(Duration patience) {
        boolean ended = false;
        try {
            ended = process.waitFor(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            close();
        }
    }

    /** Ends it at once. */
    @Override
    public void close() {
        process.destroyForcibly();
        connection.cancel(false);
    }
}
