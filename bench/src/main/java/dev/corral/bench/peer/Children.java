package dev.corral.bench.peer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** All processes that this run started. Thread-safe; closing it kills what is left of them. */
public final class Children implements AutoCloseable {

    private final Path logs;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<Child> started = ConcurrentHashMap.newKeySet();
    private volatile boolean refusing;

    /** @param logs a folder for what they say; the logs of an earlier run are deleted */
    public Children(Path logs) throws IOException {
        this.logs = Files.createDirectories(logs);
        try (DirectoryStream<Path> old = Files.newDirectoryStream(logs, "*.log")) {
            for (Path log : old) {
                Files.delete(log);
            }
        }
    }

    @FunctionalInterface
    private interface Starter {
        Child start(List<String> command, Path log) throws IOException;
    }

    Child guarded(String name, List<String> command) throws IOException {
        return start(name, command, Child::guarded);
    }

    Child talking(String name, List<String> command) throws IOException {
        return start(name, command, Child::talking);
    }

    private Child start(String name, List<String> command, Starter starter) throws IOException {
        if (refusing) {
            throw new IOException("time is over");
        }
        Path log = logs.resolve("%03d-%s.log".formatted(count.incrementAndGet(), name));
        Files.writeString(log, String.join(" ", command) + "\n");
        Child child = starter.start(command, log);
        started.add(child);
        if (refusing) {
            child.kill();
        }
        return child;
    }

    /** Runs a program to its end and returns what it wrote to either stream. */
    String output(String name, List<String> command) throws IOException, InterruptedException {
        try (Child child = start(name, command, Child::read)) {
            String out = new String(child.output().readAllBytes(), StandardCharsets.UTF_8);
            int status = child.await();
            started.remove(child);
            if (status != 0) {
                throw new IOException(name + " ended with status " + status + "; see " + child.log());
            }
            return out.isBlank() ? Files.readString(child.log()) : out;
        }
    }

    /** Lets processes be started, and forgets those before. */
    public void admit() {
        started.clear();
        refusing = false;
    }

    /** Servers since then that ended although nobody told them to. */
    public List<String> surprises() {
        return started.stream()
                .flatMap(child -> child.surprise().stream())
                .sorted()
                .toList();
    }

    /** Kills all that run and starts no more, so that whoever waits for them goes on with an error. */
    public void refuse() {
        refusing = true;
        killAll();
    }

    private void killAll() {
        started.forEach(Child::kill);
    }

    @Override
    public void close() {
        refuse();
    }
}
