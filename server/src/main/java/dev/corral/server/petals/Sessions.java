package dev.corral.server.petals;

import dev.corral.engine.Engine;
import dev.corral.server.http.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that were opened by HTTP, until they are closed or nobody has used them for a while. A thread looks after
 * that as long as there are any. Thread-safe.
 */
final class Sessions {

    /** What is done with a session by one call at a time. */
    @FunctionalInterface
    interface Call<T> {
        T on(Session session) throws InterruptedException;
    }

    private static final class Entry {
        private final Session session;
        private final Engine engine;
        private final String caller;
        private final ReentrantLock calls = new ReentrantLock();
        private long usedNanos = System.nanoTime();

        Entry(Session session, Engine engine, String caller) {
            this.session = session;
            this.engine = engine;
            this.caller = caller;
        }

        /** Ends it when the call that uses it has. */
        void end() {
            calls.lock();
            try {
                session.vacate(engine);
            } finally {
                calls.unlock();
            }
        }
    }

    private final int most;
    private final Duration expiry;
    private final Map<String, Entry> open = new HashMap<>();
    private @Nullable Thread watching;

    /**
     * @param most how many may be open
     * @param expiry how long one stays open that nobody uses
     */
    Sessions(int most, Duration expiry) {
        this.most = most;
        this.expiry = expiry;
    }

    /**
     * Opens a session.
     *
     * @return its id
     * @throws ApiException when too many are open
     */
    synchronized String open(Session session, Engine engine, String caller) {
        if (open.size() >= most) {
            throw Traceback.raise(
                    "RuntimeError", "Too many opened inference sessions (max " + most + "), please come back later");
        }
        String id = UUID.randomUUID().toString().replace("-", "");
        open.put(id, new Entry(session, engine, caller));
        if (watching == null) {
            watching = Thread.ofVirtual().name("petals sessions").start(this::watch);
        }
        return id;
    }

    /**
     * Does something with a session, after what others are doing with it.
     *
     * @throws ApiException when there is none with this id, of this caller and this engine
     */
    <T> T with(String id, Engine engine, String caller, Call<T> call) throws InterruptedException {
        Entry entry = find(id, engine, caller);
        entry.calls.lockInterruptibly();
        try {
            find(id, engine, caller);
            return call.on(entry.session);
        } finally {
            touch(entry);
            entry.calls.unlock();
        }
    }

    /** Closes a session; there need be none with this id. */
    void close(String id, String caller) {
        @Nullable Entry entry;
        synchronized (this) {
            entry = open.get(id);
            if (entry == null || !entry.caller.equals(caller)) {
                return;
            }
            open.remove(id);
            if (open.isEmpty()) {
                stopWatching();
            }
        }
        entry.end();
    }

    /** Ends all of them, without a word to the engine, which ends as well. */
    synchronized void closeAll() {
        open.clear();
        stopWatching();
    }

    private void stopWatching() {
        Thread watcher = watching;
        if (watcher != null) {
            watching = null;
            watcher.interrupt();
        }
    }

    private synchronized Entry find(String id, Engine engine, String caller) {
        Entry entry = open.get(id);
        if (entry == null || !entry.caller.equals(caller) || entry.engine != engine) {
            throw Traceback.raise("KeyError", Traceback.quoted("Session " + id + " expired or does not exist"));
        }
        entry.usedNanos = System.nanoTime();
        return entry;
    }

    private synchronized void touch(Entry entry) {
        entry.usedNanos = System.nanoTime();
    }

    private void watch() {
        try {
            for (long wait = expiry.toNanos(); wait > 0; wait = endExpired()) {
                Thread.sleep(Duration.ofNanos(wait));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the last session was closed
        }
    }

    /** Ends what nobody has used; says how long the rest may last, 0 when there is none. */
    private long endExpired() {
        List<Entry> expired = new ArrayList<>();
        long next = Long.MAX_VALUE;
        synchronized (this) {
            long now = System.nanoTime();
            for (Map.Entry<String, Entry> each : List.copyOf(open.entrySet())) {
                Entry entry = each.getValue();
                long left = expiry.toNanos() - (now - entry.usedNanos);
                if (left <= 0 && !entry.calls.isLocked()) {
                    open.remove(each.getKey());
                    expired.add(entry);
                } else {
                    next = Math.min(next, Math.max(left, 1_000_000));
                }
            }
            if (open.isEmpty()) {
                watching = null;
                next = 0;
            }
        }
        expired.forEach(Entry::end);
        return next;
    }
}
