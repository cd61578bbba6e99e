package dev.corral.engine.local.cache;

import dev.corral.llama.StateBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Saved states as files of one folder, of which the oldest go when there are too many. A file belongs to one model, one
 * set of context settings and one version of the library: others in the folder are left alone.
 *
 * <p>One thread writes; reading is done by the caller. A file appears whole or not at all.
 */
public final class StateFiles {

    private static final System.Logger LOG = System.getLogger(StateFiles.class.getName());
    private static final String ENDING = ".corralkv";
    private static final int MAX_WAITING = 4;

    private final Path folder;
    private final long fingerprint;
    private final long maxBytes;
    private final Consumer<Runnable> toEngine;
    private final ExecutorService writer;
    private long written;

    /** A complete file. */
    record Saved(Path file, PrefixSpace space, int[] tokens, long fingerprint) {

        boolean exists() {
            return Files.exists(file);
        }

        /** @throws IOException when it can't be read, or its checksum is wrong */
        StateBuffer read() throws IOException {
            StateFile.Contents contents = StateFile.read(file, fingerprint);
            StateBuffer state = contents.state();
            try {
                if (!contents.space().equals(space)) {
                    throw new IOException(file.getFileName() + " belongs to other adapters or another partition");
                }
                touch();
                return state;
            } catch (IOException e) {
                state.close();
                throw e;
            }
        }

        /** Makes it the newest, unless the folder can only be read. */
        private void touch() {
            try {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "can't touch " + file.getFileName(), e);
            }
        }

        void delete() {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "can't delete " + file.getFileName(), e);
            }
        }
    }

    /**
     * @param fingerprint what a state must have been saved with to be of use
     * @param maxBytes of all files together
     * @param toEngine runs a command on the engine thread
     * @throws UncheckedIOException when the folder can't be made or written
     */
    public StateFiles(Path folder, long fingerprint, long maxBytes, Consumer<Runnable> toEngine) {
        this.folder = folder;
        this.fingerprint = fingerprint;
        this.maxBytes = maxBytes;
        this.toEngine = toEngine;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("the cache folder can't be made", e);
        }
        this.writer =
                new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), task -> {
                    Thread thread = new Thread(task, "corral-state-writer");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** The usable files of earlier runs, oldest first. */
    List<Saved> saved() {
        List<Saved> found = new ArrayList<>();
        for (Path file : oldestFirst()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                StateHeader header = StateHeader.read(channel);
                if (header.fingerprint() == fingerprint) {
                    found.add(new Saved(file, header.space(), header.tokens(), fingerprint));
                }
            } catch (IOException e) {
                LOG.log(Level.WARNING, "ignoring " + file.getFileName() + " in the cache folder: " + e.getMessage());
            }
        }
        return found;
    }

    private List<Path> oldestFirst() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ENDING))
                    .sorted(Comparator.comparing(StateFiles::modified))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the cache folder can't be read", e);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    /**
     * Writes a state on the writer's thread; false when that has too much to do already. The buffer must stay open until
     * {@code whenDone} has run on the engine thread, with {@code null} when the file could not be written.
     */
    boolean write(PrefixSpace space, int[] tokens, StateBuffer state, Consumer<@Nullable Saved> whenDone) {
        try {
            writer.execute(() -> {
                @Nullable Saved file = writeNow(space, tokens, state);
                toEngine.accept(() -> whenDone.accept(file));
            });
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Writes a state; {@code null} when that failed, which the log then says. */
    synchronized @Nullable Saved writeNow(PrefixSpace space, int[] tokens, StateBuffer state) {
        StateHeader header = new StateHeader(fingerprint, space, tokens, state.size(), state.checksum());
        Path file = folder.resolve(
                "%016x-%s-%016x-%d%s".formatted(fingerprint, space.label(), header.checksum(), tokens.length, ENDING));
        Path partial = folder.resolve(file.getFileName() + ".part" + written++);
        try {
            StateFile.write(file, partial, header, state);
            deleteOldest();
            return new Saved(file, space, tokens, fingerprint);
        } catch (IOException | UncheckedIOException e) {
            LOG.log(
                    Level.WARNING,
                    "a state of " + tokens.length + " tokens could not be written to the cache folder",
                    e);
            return null;
        }
    }

    private void deleteOldest() throws IOException {
        List<Path> files = oldestFirst();
        long total = 0;
        for (Path file : files) {
            total += Files.size(file);
        }
        for (Path file : files) {
            if (total <= maxBytes) {
                return;
            }
            total -= Files.size(file);
            Files.deleteIfExists(file);
        }
    }

    /** Waits until what was accepted is written. */
    void finish() {
        writer.close();
    }
}
