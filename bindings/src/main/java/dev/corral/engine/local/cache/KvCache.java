package dev.corral.engine.local.cache;

import dev.corral.engine.EngineStats;
import dev.corral.engine.local.cache.PrefixTree.Match;
import dev.corral.llama.StateBuffer;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which sequence, and what is kept for requests to come. Live sequences belong to completions; idle ones are
 * finished prefixes, kept until their cells or their ids are needed, least recently used first. Then their states go to
 * the {@link StateCache}, from where they come back.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class KvCache implements AutoCloseable {

    /** While more cells are free, those of idle prefixes need not be counted. */
    private static final int PLENTY = 256;

    private final Cells cells;
    private final MemoryTraits traits;
    private final StateCache states;
    private final LiveSequences live = new LiveSequences();
    private final IdlePrefixes idle;
    private final Placement placement;

    public KvCache(Cells cells, MemoryTraits traits, StateCache states) {
        this.cells = cells;
        this.traits = traits;
        this.states = states;
        this.idle = new IdlePrefixes(cells, states);
        this.placement = new Placement(cells, traits.unified(), live, idle);
    }

    /** Tokens of the first {@code limit} that {@link #acquire} would find. */
    public int reusable(PrefixSpace space, int[] tokens, int limit) {
        return Math.max(length(cells.find(space, tokens, limit)), length(states.find(space, tokens, limit)));
    }

    private static int length(@Nullable Match match) {
        return match == null ? 0 : match.length();
    }

    /**
     * A live sequence of a space that already holds the longest prefix of the first {@code limit} tokens that is cached
     * there, or none of them when {@code reuse} is false. Its length says how many.
     */
    public Sequence acquire(PrefixSpace space, int[] tokens, int limit, boolean reuse) {
        Sequence sequence = reuse ? reuse(space, tokens, limit) : cells.begin(space, placement.chooseId(null));
        live.add(sequence);
        return sequence;
    }

    private Sequence reuse(PrefixSpace space, int[] tokens, int limit) {
        @Nullable Sequence restored = restoreLonger(space, tokens, limit);
        if (restored != null) {
            return restored;
        }
        @Nullable Match match = cells.find(space, tokens, limit);
        if (match == null) {
            return cells.begin(space, placement.chooseId(null));
        }
        Sequence source = holder(match);
        if (idle.contains(source) && placement.takesOver(source, match.length())) {
            idle.remove(source);
            if (source.length() > match.length()) {
                idle.save(source);
            }
            cells.cut(source, match.length());
            return source;
        }
        return cells.fork(source, match.length(), placement.chooseId(source));
    }

    /** Puts a saved state back where it spares more than what the cells hold. */
    private @Nullable Sequence restoreLonger(PrefixSpace space, int[] tokens, int limit) {
        @Nullable Match promised = states.find(space, tokens, limit);
        if (promised == null
                || promised.length() - length(cells.find(space, tokens, limit)) < IdlePrefixes.WORTH_SAVING) {
            return null;
        }
        int atLeast = promised.length();
        if (!makeRoom(promised.path().length())) {
            return null;
        }
        Sequence sequence = cells.begin(space, placement.chooseId(null));
        // what had to leave for it was saved, which may have replaced the state that was promised
        @Nullable Match saved = states.find(space, tokens, limit);
        if (saved == null || saved.length() < atLeast || !restore(saved, sequence)) {
            cells.drop(sequence);
            return null;
        }
        cells.cut(sequence, saved.length());
        return sequence;
    }

    private boolean restore(Match saved, Sequence sequence) {
        int[] all = saved.path().tokens();
        return freeCells() >= all.length && states.restore(saved, state -> cells.restore(sequence, all, state));
    }

    private Sequence holder(Match match) {
        return all().filter(sequence -> sequence.path() == match.path())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a path without a sequence"));
    }

    private Stream<Sequence> all() {
        return Stream.concat(live.stream(), idle.stream());
    }

    /** Brings live sequences that are not next to each other together, where that has not come by itself. Called each step. */
    public void closeLastingGap() {
        placement.closeLastingGap();
    }

    /** Puts all that a live sequence holds into another live one, in place of its own. */
    public void copy(Sequence source, Sequence target) {
        cells.copy(source, target);
    }

    /** Says that a live sequence's tokens were decoded. */
    public void append(Sequence sequence, int[] tokens, int offset, int count) {
        cells.append(sequence, tokens, offset, count);
    }

    /**
     * Takes over, of the tokens that were decoded behind a live sequence as a draft, those that were accepted.
     *
     * @param accepted how many of {@code tokens}, from the sequence's end on
     * @param rejected whether there are others, which are removed
     */
    public void keep(Sequence sequence, int[] tokens, int accepted, boolean rejected) {
        cells.append(sequence, tokens, sequence.length(), accepted);
        if (rejected) {
            cells.trim(sequence);
        }
    }

    /** Removes what was decoded behind a live sequence and not appended to it. */
    public void trim(Sequence sequence) {
        cells.trim(sequence);
    }

    /** Cells for tokens that are nice to have: nobody who runs has to make room for them. */
    public int spareCells() {
        int free = freeCells();
        return free > PLENTY ? free : availableCells();
    }

    public boolean canShift() {
        return cells.canShift();
    }

    public void shift(Sequence sequence, int keep, int discard) {
        cells.shift(sequence, keep, discard);
    }

    /** Ends a live sequence; its tokens stay for others when {@code keep}. */
    public void release(Sequence sequence, boolean keep) {
        live.remove(sequence);
        if (keep && !cells.isCovered(sequence)) {
            idle.add(sequence);
        } else {
            cells.drop(sequence);
        }
    }

    /** Saves the state of a live sequence as it is, for memories that can't be cut back to it later. */
    public void checkpoint(Sequence sequence) {
        idle.save(sequence);
    }

    public boolean keepsStates() {
        return states.isEnabled();
    }

    /** A copy of the state of exactly these tokens, for the caller to close; empty when they are no longer here. */
    public Optional<StateBuffer> saved(PrefixSpace space, int[] tokens) {
        if (tokens.length == 0) {
            return Optional.empty();
        }
        Sequence sequence = acquire(space, tokens, tokens.length, true);
        try {
            return sequence.length() == tokens.length ? Optional.of(cells.save(sequence)) : Optional.empty();
        } finally {
            release(sequence, true);
        }
    }

    /**
     * Puts a state into the cache as an idle prefix.
     *
     * @throws dev.corral.llama.LlamaException when it does not fit this model and context
     */
    public void restore(PrefixSpace space, int[] tokens, StateBuffer state) {
        makeRoom(tokens.length);
        Sequence sequence = cells.begin(space, placement.chooseId(null));
        try {
            cells.restore(sequence, tokens, state);
            idle.add(sequence);
        } catch (RuntimeException e) {
            cells.drop(sequence);
            throw e;
        }
    }

    /** Evicts the idle prefixes that these tokens begin with; says how many there were. */
    public int vacate(PrefixSpace space, int[] tokens) {
        return idle.vacate(space, tokens);
    }

    /** Forgets idle prefixes and saved states of exactly these tokens. */
    public void forget(PrefixSpace space, int[] tokens) {
        idle.forget(space, tokens);
        states.forget(space, tokens);
    }

    /** True when a sequence more can be live. */
    public boolean hasSpareSequence() {
        return live.size() < traits.maxSequences();
    }

    /** Evicts idle prefixes until {@code count} cells are free; false when even that is not enough. */
    public boolean makeRoom(int count) {
        while (freeCells() < count) {
            if (!evictOne()) {
                return false;
            }
        }
        return true;
    }

    private int freeCells() {
        return traits.unified() ? traits.cells() - cells.used() : Integer.MAX_VALUE;
    }

    /** Evicts one idle prefix; false when there is none. */
    public boolean evictOne() {
        return idle.evictOne(_ -> true).isPresent();
    }

    /** Cells that hold nothing or only idle prefixes; unlimited where each sequence has cells of its own. */
    public int availableCells() {
        return traits.unified() ? traits.cells() - cells.heldBy(live.stream()) : Integer.MAX_VALUE;
    }

    /** Tokens of the first {@code limit} that would be shared with a sequence that is live. */
    public int sharedWithLive(PrefixSpace space, int[] tokens, int limit) {
        @Nullable Match match = cells.find(space, tokens, limit);
        return match != null && live.contains(holder(match)) ? match.length() : 0;
    }

    /** Forgets what is in the cells, live sequences included; for after a fault. */
    public void clear() {
        cells.clear();
        all().forEach(cells::drop);
        live.clear();
        idle.clear();
    }

    public int usedCells() {
        return cells.used();
    }

    public EngineStats.Cache stats() {
        return new EngineStats.Cache(
                idle.size(), idle.evictions(), states.entries(), states.bytes(), states.saved(), states.restored());
    }

    /** Ends the cache; where states are kept on disk, idle prefixes are among them. */
    @Override
    public void close() {
        if (states.isPersistent()) {
            states.finishWriting();
            idle.stream().forEach(idle::save);
        }
        states.close();
    }

    /**
     * @param expectedLive how many sequences should be live
     * @throws IllegalStateException when the tree, the sequences and the memory disagree
     */
    public void checkInvariants(int expectedLive) {
        if (live.size() != expectedLive) {
            throw new IllegalStateException(live.size() + " sequences are live, not " + expectedLive);
        }
        cells.checkInvariants(all().toList());
        states.checkInvariants();
    }
}
