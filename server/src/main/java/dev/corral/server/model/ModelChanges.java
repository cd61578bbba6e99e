package dev.corral.server.model;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What happens to the models of a server, for those who watch. Whoever changes a model waits for no watcher: one that falls too
 * far behind is dismissed.
 *
 * <p>Thread-safe.
 */
public final class ModelChanges {

    /** How far a watcher may fall behind; a load makes a hundred changes. */
    private static final int FARTHEST_BEHIND = 1024;

    /** Something that happened to a model. */
    public sealed interface Change {}

    /** A model came to this. */
    public record Came(ServedModel model, ServedModel.State state) implements Change {}

    /** A model that is being downloaded did. */
    public record Coming(ModelDownload download, ModelDownload.Moment moment) implements Change {}

    /** A model was deleted. */
    public record Removed(String model) implements Change {}

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    /** Somebody's view of what happens from now on. Read by one thread. */
    public final class Watch implements AutoCloseable {

        private final BlockingQueue<Optional<Change>> coming = new LinkedBlockingQueue<>(FARTHEST_BEHIND);
        private volatile boolean dismissed;

        private Watch() {}

        /** The next change; empty where none came within {@code patience}, and at once after the end. */
        public Optional<Change> next(Duration patience) throws InterruptedException {
            Optional<Change> next = dismissed ? coming.poll() : coming.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
            return next == null ? Optional.empty() : next;
        }

        /** Whether nothing more comes. */
        public boolean ended() {
            return dismissed && coming.isEmpty();
        }

        private void offer(Change change) {
            if (!dismissed && !coming.offer(Optional.of(change))) {
                dismiss();
            }
        }

        private void dismiss() {
            watches.remove(this);
            dismissed = true;
            // wakes a reader; where there is no room for it, the reader doesn't wait
            boolean _ = coming.offer(Optional.empty());
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }

    /** Watches from now on. */
    public Watch watch() {
        Watch watch = new Watch();
        watches.add(watch);
        if (ended) {
            watch.dismiss();
        }
        return watch;
    }

    void tell(Change change) {
        watches.forEach(watch -> watch.offer(change));
    }

    /** Nothing happens from here on. */
    void end() {
        ended = true;
        watches.forEach(Watch::dismiss);
    }
}
