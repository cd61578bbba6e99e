package dev.corral.server.deployment;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, as an orchestrator starts and ends it. */
final class Replica implements AutoCloseable {

    private static final String LISTENS = "Corral listens on ";

    private final Process process;
    private final URI address;
    private final Queue<String> output = new ConcurrentLinkedQueue<>();

    private Replica(Process process, BufferedReader lines) throws IOException {
        this.process = process;
        this.address = awaitReady(lines);
        Thread.ofVirtual().start(() -> lines.lines().forEach(output::add));
    }

    static Replica start(Path model, String... flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.corral.server.Main",
                "serve",
                "--port",
                "0",
                "-m",
                model.toString()));
        command.addAll(List.of(flags));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            return new Replica(process, process.inputReader(StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private URI awaitReady(BufferedReader lines) throws IOException {
        URI listens = URI.create("http://none");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            output.add(line);
            if (line.startsWith(LISTENS)) {
                listens = URI.create(line.substring(LISTENS.length()));
            }
            if (line.startsWith("Ready")) {
                return listens;
            }
        }
        throw new AssertionError("ended before it was ready: " + output);
    }

    URI address() {
        return address;
    }

    /** What it has printed so far. */
    List<String> output() {
        return List.copyOf(output);
    }

    /** SIGTERM, and its exit code. */
    int end() throws InterruptedException {
        process.toHandle().destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("did not end: " + output);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
