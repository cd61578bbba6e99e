package dev.corral.bench.peer;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Crowd;
import dev.corral.bench.load.Target;
import dev.corral.bench.load.Words;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;

/** A server that runs: Corral's or llama.cpp's own. Closing it ends it. Thread-safe. */
public final class Peer implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final int AT_ONCE = 4;
    private static final int WARM_WORDS = 4;

    private final Child child;
    private final Target target;
    private final Duration startToReady;

    private Peer(Child child, Target target, Duration startToReady) {
        this.child = child;
        this.target = target;
        this.startToReady = startToReady;
    }

    /** Starts a server on a free port and waits until it is ready. */
    public static Peer start(Children children, String name, IntFunction<List<String>> command)
            throws IOException, InterruptedException {
        int port = freePort();
        Target target = new Target(port);
        long begun = System.nanoTime();
        Child child = children.guarded(name, command.apply(port));
        while (!target.ready()) {
            if (!child.alive() || System.nanoTime() - begun > START_LIMIT.toNanos()) {
                child.close();
                throw new IOException(name + " did not start:\n" + lastLines(child));
            }
            Thread.sleep(POLL);
        }
        return new Peer(child, target, Duration.ofNanos(System.nanoTime() - begun));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String lastLines(Child child) throws IOException {
        List<String> lines = Files.readAllLines(child.log());
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }

    /**
     * Answers short requests, four at a time: a server is compared as it is once it has been in use, and a JVM compiles
     * what it has run a few hundred times.
     */
    public Peer warmUp(int requests, int tokens) throws InterruptedException {
        for (int done = 0; done < requests; done += AT_ONCE) {
            int first = done;
            Crowd.run(
                    Math.min(AT_ONCE, requests - done),
                    i -> target.stream(Completion.of(Words.of(WARM_WORDS, "warm-up", first + i), tokens))
                            .require());
        }
        return this;
    }

    public Target target() {
        return target;
    }

    /** From the process's start to the first 200 of /health. */
    public Duration startToReady() {
        return startToReady;
    }

    public long residentBytes() throws IOException {
        return child.residentBytes();
    }

    /** Ends it at once, whatever it is doing. */
    public void kill() {
        child.kill();
    }

    @Override
    public void close() {
        child.close();
    }
}
