package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.ggml_log_callback;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What llama.cpp, ggml and mtmd log. Native threads only copy their text into a bounded queue; one daemon thread joins
 * fragments to lines and hands them to the sink. When the queue is full, text is dropped and a line says how much.
 *
 * <p>The default sink is the {@link System.Logger} "dev.corral.llama", where llama.cpp's info is DEBUG. Safe for several
 * threads; the sink is called by one thread only.
 */
public final class NativeLog {

    /** Ordered from the least to the most severe. */
    public enum Level {
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    /** One line without its line break. */
    public record Line(Level level, String text) {}

    private static final int CAPACITY = 4096;
    private static final System.Logger LOG = System.getLogger("dev.corral.llama");
    private static final BlockingQueue<Entry> QUEUE = new ArrayBlockingQueue<>(CAPACITY);
    private static final AtomicLong DROPPED = new AtomicLong();
    private static final ThreadLocal<Complaints> COMPLAINTS = ThreadLocal.withInitial(Complaints::new);

    private static volatile Consumer<Line> sink = NativeLog::toSystemLogger;
    private static volatile Level threshold = Level.INFO;

    /** The last sink that failed, which is said once. The drain's. */
    private static @Nullable Consumer<Line> complainedOf;

    private static final Thread DRAIN =
            Thread.ofPlatform().daemon().name("llama-log").start(NativeLog::drain);

    private NativeLog() {}

    private sealed interface Entry {
        /** {@code level} is null for text that goes on where the thread's last fragment ended. */
        record Fragment(long thread, @Nullable Level level, String text) implements Entry {}

        record Flush(CountDownLatch done) implements Entry {}
    }

    /**
     * Sends lines of at least {@code least} to {@code newSink} from now on; what was logged before goes where it went. May
     * be called before the library is loaded.
     */
    public static void route(Level least, Consumer<Line> newSink) {
        if (Thread.currentThread() != DRAIN) {
            try {
                flush();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        threshold = least;
        sink = newSink;
    }

    /** Back to the system logger. */
    public static void reset() {
        route(Level.INFO, NativeLog::toSystemLogger);
    }

    /** Waits until everything that was logged before this call has reached the sink. Not to be called by the sink. */
    public static void flush() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        QUEUE.put(new Entry.Flush(done));
        done.await();
    }

    /** Called once, by whoever loaded the library. */
    static void install() {
        // Native threads may log at any time until the process ends, so the stub is never freed.
        MemorySegment callback = ggml_log_callback.allocate(NativeLog::receive, Arena.global());
        Native.llama_log_set(callback, MemorySegment.NULL);
        Native.mtmd_helper_log_set(callback, MemorySegment.NULL);
    }

    /** What the current thread logs as warnings and errors, for the message of an exception. */
    private static final class Complaints {
        private final StringBuilder text = new StringBuilder();
        private boolean collecting;
    }

    /** Starts to collect complaints of the current thread; ended by {@link #complaints}. Allocates nothing. */
    static void collectComplaints() {
        Complaints complaints = COMPLAINTS.get();
        complaints.text.setLength(0);
        complaints.collecting = true;
    }

    /** What was complained of, in one line. */
    static String complaints() {
        Complaints complaints = COMPLAINTS.get();
        complaints.collecting = false;
        return complaints.text.isEmpty()
                ? ""
                : complaints.text.toString().strip().replace("\n", "; ");
    }

    /** The upcall. An exception that left it would end the JVM. */
    private static void receive(int level, MemorySegment text, MemorySegment userData) {
        try {
            Level known = level(level);
            if (known != null && known.compareTo(threshold) < 0 && known.compareTo(Level.WARN) < 0) {
                return;
            }
            String copy = Utf8.read(text);
            Complaints complaints = COMPLAINTS.get();
            if (complaints.collecting && known != null && known.compareTo(Level.WARN) >= 0) {
                complaints.text.append(copy);
            }
            if (!QUEUE.offer(new Entry.Fragment(Thread.currentThread().threadId(), known, copy))) {
                DROPPED.incrementAndGet();
            }
        } catch (Throwable e) {
            DROPPED.incrementAndGet();
        }
    }

    /** Null for a continuation. */
    private static @Nullable Level level(int level) {
        if (level == Native.GGML_LOG_LEVEL_CONT()) {
            return null;
        }
        if (level == Native.GGML_LOG_LEVEL_ERROR()) {
            return Level.ERROR;
        }
        if (level == Native.GGML_LOG_LEVEL_WARN()) {
            return Level.WARN;
        }
        return level == Native.GGML_LOG_LEVEL_DEBUG() ? Level.DEBUG : Level.INFO;
    }

    private static void drain() {
        Map<Long, Assembly> threads = new HashMap<>();
        while (true) {
            try {
                switch (QUEUE.take()) {
                    case Entry.Fragment fragment ->
                        threads.computeIfAbsent(fragment.thread(), thread -> new Assembly())
                                .add(fragment);
                    case Entry.Flush flush -> {
                        threads.values().forEach(Assembly::end);
                        threads.clear();
                        flush.done().countDown();
                    }
                }
                long dropped = DROPPED.getAndSet(0);
                if (dropped > 0) {
                    send(new Line(Level.WARN, dropped + " log messages were dropped"));
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void send(Line line) {
        if (line.level().compareTo(threshold) >= 0) {
            Consumer<Line> current = sink;
            try {
                current.accept(line);
            } catch (RuntimeException e) {
                if (complainedOf != current) {
                    complainedOf = current;
                    LOG.log(System.Logger.Level.WARNING, "the log sink failed at: " + line.text(), e);
                }
            }
        }
    }

    /** The lines of one thread. */
    private static final class Assembly {
        private final StringBuilder text = new StringBuilder();
        private Level level = Level.INFO;

        void add(Entry.Fragment fragment) {
            if (fragment.level() != null) {
                end();
                level = fragment.level();
            }
            text.append(fragment.text());
            for (int end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
                send(new Line(level, text.substring(0, end)));
                text.delete(0, end + 1);
            }
        }

        void end() {
            if (!text.isEmpty()) {
                send(new Line(level, text.toString()));
                text.setLength(0);
            }
        }
    }

    private static void toSystemLogger(Line line) {
        LOG.log(
                switch (line.level()) {
                    case DEBUG -> System.Logger.Level.TRACE;
                    case INFO -> System.Logger.Level.DEBUG;
                    case WARN -> System.Logger.Level.WARNING;
                    case ERROR -> System.Logger.Level.ERROR;
                },
                line.text());
    }
}
