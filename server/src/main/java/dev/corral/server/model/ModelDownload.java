package dev.corral.server.model;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A model that is coming. Thread-safe. */
public final class ModelDownload {

    /** What came between two moments is told at once: so much of a file, or as much as came in this time. */
    private static final int MOMENTS_OF_A_FILE = 200;

    private static final long BETWEEN_MOMENTS = Duration.ofMillis(100).toNanos();

    /** How it stands. */
    public enum Status {
        RUNNING,
        FINISHED,
        FAILED
    }

    /**
     * One of its files.
     *
     * @param sha256 of its content; empty where nobody says
     * @param done bytes that are here
     * @param total bytes of all of it; negative where nobody says
     */
    public record Part(String file, Optional<String> sha256, long done, long total) {}

    /**
     * How far it is.
     *
     * @param number greater than that of any moment before
     * @param parts files that have begun
     * @param failure why it failed, for a client
     */
    public record Moment(long number, Status status, List<Part> parts, Optional<String> failure) {}

    private final String name;
    private final Consumer<ModelDownload> listener;
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private Moment moment = new Moment(0, Status.RUNNING, List.of(), Optional.empty());
    private long told;
    private long toldBytes;
    private boolean needed;
    private int watchers;
    private boolean cancelled;
    private @Nullable Thread thread;

    /** @param listener told of each moment, by the thread that downloads */
    ModelDownload(String name, Consumer<ModelDownload> listener) {
        this.name = name;
        this.listener = listener;
    }

    /** What clients will call the model. */
    public String name() {
        return name;
    }

    public synchronized Moment moment() {
        return moment;
    }

    /** The first moment after one that is known, or the same where none came within {@code patience}. */
    public synchronized Moment after(Moment known, Duration patience) throws InterruptedException {
        if (moment.number() == known.number() && moment.status() == Status.RUNNING) {
            wait(Math.max(1, patience.toMillis()));
        }
        return moment;
    }

    /** Lets those who wait for a moment look around. */
    public synchronized void wake() {
        notifyAll();
    }

    /** Somebody watches, until what comes back is closed; a download that nobody watches any more ends, unless it is needed anyway. */
    public synchronized Watch watch() {
        watchers++;
        return this::left;
    }

    /** The time for which somebody watches. */
    @FunctionalInterface
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    private synchronized void left() {
        watchers--;
        if (watchers == 0 && !needed) {
            cancel();
        }
    }

    /** It goes on whether anybody watches or not. */
    synchronized void need() {
        needed = true;
    }

    /** Ends it; what has come stays for a later try. */
    public synchronized void cancel() {
        cancelled = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    // below: called by who downloads

    synchronized void runBy(Thread runner) {
        thread = runner;
        if (cancelled) {
            runner.interrupt();
        }
    }

    /** A file begins. */
    public void begin(String file, Optional<String> sha256) {
        at(new Part(file, sha256, 0, -1), true);
    }

    /** So much of a file is here. */
    public void at(String file, long done, long total) {
        Optional<String> sha256;
        synchronized (this) {
            sha256 = Optional.ofNullable(parts.get(file)).flatMap(Part::sha256);
        }
        at(new Part(file, sha256, done, total), done == total);
    }

    private void at(Part part, boolean atOnce) {
        synchronized (this) {
            parts.put(part.file(), part);
            long now = System.nanoTime();
            boolean much = part.total() > 0 && part.done() - toldBytes >= part.total() / MOMENTS_OF_A_FILE;
            if (!atOnce && !much && now - told < BETWEEN_MOMENTS) {
                return;
            }
            told = now;
            toldBytes = part.done();
        }
        enter(Status.RUNNING, Optional.empty());
    }

    void finish() {
        enter(Status.FINISHED, Optional.empty());
    }

    void fail(String why) {
        enter(Status.FAILED, Optional.of(why));
    }

    private void enter(Status status, Optional<String> failure) {
        synchronized (this) {
            moment = new Moment(moment.number() + 1, status, List.copyOf(parts.values()), failure);
            notifyAll();
        }
        listener.accept(this);
    }
}
