package dev.corral.engine.local.cache;

import dev.corral.engine.local.cache.PrefixTree.Match;
import dev.corral.llama.LlamaException;
import dev.corral.llama.StateBuffer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * States of sequences that left the KV cache: in host memory up to a limit, and beyond it on disk where that is wanted.
 * Putting one back costs a copy, which spares a prefill. An entry stays when it is used.
 *
 * <p>Ownership: it owns the buffers it is given. Not thread-safe; the engine thread's. Files are written by another
 * thread, which reports through commands to the engine thread.
 */
public final class StateCache implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StateCache.class.getName());

    private final long maxBytes;
    private final boolean cuttable;
    private final @Nullable StateFiles files;
    private final PrefixTree tree = new PrefixTree();
    private final Map<Integer, Entry> entries = new HashMap<>();
    private int nextId;
    private long bytes;
    private long clock;
    private long restored;
    private long saved;
    private boolean ending;

    /** A saved state: in memory, on disk, or both while it is being written. */
    private static final class Entry {
        private final PrefixPath path;
        private @Nullable StateBuffer state;
        private StateFiles.@Nullable Saved file;
        private boolean writing;
        private long lastUsed;

        Entry(PrefixPath path, @Nullable StateBuffer state, StateFiles.@Nullable Saved file) {
            this.path = path;
            this.state = state;
            this.file = file;
        }

        boolean isOf(PrefixSpace space) {
            return path.space().equals(space);
        }
    }

    /**
     * @param maxBytes of host memory; 0 keeps nothing there
     * @param cuttable whether a restored sequence can be cut, so that the beginning of an entry is of use
     * @param files where states go that don't fit, and where earlier ones are
     */
    public StateCache(long maxBytes, boolean cuttable, @Nullable StateFiles files) {
        this.maxBytes = maxBytes;
        this.cuttable = cuttable;
        this.files = files;
        if (files != null) {
            files.saved().forEach(file -> add(file.space(), file.tokens(), null, file));
        }
    }

    /** True when states outlive the engine. */
    boolean isPersistent() {
        return files != null;
    }

    boolean isEnabled() {
        return maxBytes > 0 || files != null;
    }

    /** The longest saved prefix of the first {@code limit} tokens; {@code null} when there is none. */
    @Nullable
    Match find(PrefixSpace space, int[] tokens, int limit) {
        return cuttable ? tree.longest(space, tokens, limit) : tree.longestWhole(space, tokens, limit);
    }

    /** True when a saved state begins with all of these tokens, or is exactly these where states can't be cut. */
    boolean covers(PrefixSpace space, int[] tokens) {
        @Nullable Match match = find(space, tokens, tokens.length);
        return match != null && match.length() == tokens.length;
    }

    /** Keeps a state, which is the cache's from here on. */
    void put(PrefixSpace space, int[] tokens, StateBuffer state) {
        saved++;
        if (covers(space, tokens)) {
            state.close();
            return;
        }
        if (cuttable) {
            removeAll(entry -> !entry.writing && entry.isOf(space) && isPrefix(entry.path.tokens(), tokens));
        }
        add(space, tokens, state, null);
        shrink();
    }

    private static boolean isPrefix(int[] shorter, int[] longer) {
        return shorter.length <= longer.length
                && Arrays.mismatch(shorter, 0, shorter.length, longer, 0, shorter.length) < 0;
    }

    private void add(PrefixSpace space, int[] tokens, @Nullable StateBuffer state, StateFiles.@Nullable Saved file) {
        PrefixPath path = tree.begin(space, nextId++);
        tree.append(path, tokens, 0, tokens.length);
        Entry entry = new Entry(path, state, file);
        entry.lastUsed = ++clock;
        entries.put(path.sequence(), entry);
        bytes += state == null ? 0 : state.size();
    }

    /** Lets go of what was used least recently until the rest fits. */
    private void shrink() {
        while (bytes > maxBytes) {
            Optional<Entry> oldest = entries.values().stream()
                    .filter(entry -> entry.state != null && !entry.writing)
                    .min(Comparator.comparingLong(entry -> entry.lastUsed));
            if (oldest.isEmpty()) {
                return;
            }
            Entry entry = oldest.get();
            if (entry.file != null) {
                forgetBuffer(entry);
            } else if (files == null || !write(files, entry)) {
                remove(entry);
            }
        }
    }

    private boolean write(StateFiles target, Entry entry) {
        StateBuffer state = entry.state;
        if (state == null) {
            return false;
        }
        if (ending) {
            written(entry, target.writeNow(entry.path.space(), entry.path.tokens(), state));
            return true;
        }
        entry.writing = target.write(entry.path.space(), entry.path.tokens(), state, file -> written(entry, file));
        return entry.writing;
    }

    /** Runs on the engine thread when a file is complete, or could not be written. */
    private void written(Entry entry, StateFiles.@Nullable Saved file) {
        entry.writing = false;
        if (file == null) {
            remove(entry);
        } else {
            entry.file = file;
            shrink();
            dropDeletedFiles();
        }
    }

    private void dropDeletedFiles() {
        removeAll(entry -> entry.file != null && entry.state == null && !entry.file.exists());
    }

    private void forgetBuffer(Entry entry) {
        if (entry.state != null) {
            bytes -= entry.state.size();
            entry.state.close();
            entry.state = null;
        }
    }

    private void removeAll(Predicate<Entry> which) {
        entries.values().stream().filter(which).toList().forEach(this::remove);
    }

    private void remove(Entry entry) {
        forgetBuffer(entry);
        if (entry.file != null) {
            entry.file.delete();
        }
        tree.remove(entry.path);
        entries.remove(entry.path.sequence());
    }

    /** Forgets the state of exactly these tokens. */
    void forget(PrefixSpace space, int[] tokens) {
        removeAll(entry -> !entry.writing && entry.isOf(space) && Arrays.equals(entry.path.tokens(), tokens));
    }

    /** Puts a state into the KV cache. */
    interface Restore {
        /** @throws LlamaException when the state does not fit */
        void from(StateBuffer state);
    }

    /** Restores the state behind a match; false when it turned out to be unusable, and is forgotten. */
    boolean restore(Match match, Restore restore) {
        Entry entry = entries.get(match.path().sequence());
        if (entry == null) {
            throw new IllegalStateException("a match without an entry");
        }
        entry.lastUsed = ++clock;
        try {
            load(entry);
            StateBuffer state = entry.state;
            if (state == null) {
                throw new IOException("there is no state behind it");
            }
            restore.from(state);
            restored++;
            shrink();
            return true;
        } catch (IOException | LlamaException e) {
            LOG.log(Level.WARNING, "a saved state of " + entry.path.length() + " tokens is unusable", e);
            remove(entry);
            return false;
        }
    }

    private void load(Entry entry) throws IOException {
        if (entry.state == null && entry.file != null) {
            entry.state = entry.file.read();
            bytes += entry.state.size();
        }
    }

    /** Bytes of host memory. */
    long bytes() {
        return bytes;
    }

    int entries() {
        return entries.size();
    }

    /** States that were put back into the KV cache. */
    long restored() {
        return restored;
    }

    /** States that were taken out of the KV cache. */
    long saved() {
        return saved;
    }

    /** @throws IllegalStateException when the entries, their tree and their bytes disagree */
    void checkInvariants() {
        tree.checkInvariants();
        long held = 0;
        int tokens = 0;
        for (Entry entry : entries.values()) {
            held += entry.state == null ? 0 : entry.state.size();
            tokens += entry.path.length();
        }
        if (held != bytes || tokens != tree.cells()) {
            throw new IllegalStateException(entries.size() + " saved states of " + tokens + " tokens and " + held
                    + " bytes are counted as " + tree.cells() + " and " + bytes);
        }
    }

    /** Waits for the files that are being written. From here on nothing is lost because the writer has too much to do. */
    void finishWriting() {
        ending = true;
        if (files != null) {
            files.finish();
        }
    }

    /** Writes what is only in memory to disk, where that is wanted, and frees all buffers. */
    @Override
    public void close() {
        finishWriting();
        if (files != null) {
            entries.values().stream()
                    .filter(entry -> entry.state != null && entry.file == null && !entry.writing)
                    .sorted(Comparator.comparingLong((Entry entry) -> entry.lastUsed))
                    .forEach(entry -> files.writeNow(
                            entry.path.space(), entry.path.tokens(), Objects.requireNonNull(entry.state)));
        }
        entries.values().forEach(this::forgetBuffer);
    }
}
