package dev.corral.engine.local.cache;

import dev.corral.engine.local.cache.PrefixTree.Match;
import dev.corral.llama.Context;
import dev.corral.llama.KvMemory;
import dev.corral.llama.StateBuffer;
import dev.corral.llama.StateScope;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sequences of a context and the cells they hold. Each change is made in the native memory and in the prefix tree
 * alike, so that the tree always says what the cells hold.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Cells {

    private final Context context;
    private final KvMemory memory;
    private final MemoryTraits traits;
    private final PrefixTree tree = new PrefixTree();
    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();

    public Cells(Context context, MemoryTraits traits) {
        this.context = context;
        this.memory = context.memory();
        this.traits = traits;
        for (int id = 0; id < traits.maxSequences(); id++) {
            freeIds.add(id);
        }
    }

    /** The first free id that suits. */
    Optional<Integer> freeId(IntPredicate suits) {
        return freeIds.stream().filter(suits::test).findFirst();
    }

    /** An empty sequence under a free id. */
    Sequence begin(PrefixSpace space, int id) {
        take(id);
        return new Sequence(id, tree.begin(space, id));
    }

    private void take(int id) {
        if (!freeIds.remove(Integer.valueOf(id))) {
            throw new IllegalStateException("sequence id " + id + " is not free");
        }
    }

    /**
     * A sequence under a free id that begins with the first {@code length} tokens of another. Between cells of their own
     * it goes by way of a saved state: llama.cpp's own copy is put off until the next decode, and takes whole streams.
     */
    Sequence fork(Sequence source, int length, int id) {
        take(id);
        int end = source.path().positionAt(length);
        if (traits.unified()) {
            memory.copy(source.id(), id, 0, end);
        } else {
            copyState(source, id);
            if (source.length() > length) {
                removeRange(id, end, KvMemory.ALL);
            }
        }
        return new Sequence(id, tree.fork(source.path(), length, id));
    }

    /** Puts all that a sequence holds into another one, in place of its own. */
    void copy(Sequence source, Sequence target) {
        memory.remove(target.id(), KvMemory.ALL, KvMemory.ALL);
        if (traits.unified()) {
            memory.copy(source.id(), target.id(), 0, source.position());
        } else {
            copyState(source, target.id());
        }
        PrefixPath copy = tree.fork(source.path(), source.length(), target.id());
        tree.remove(target.path());
        target.become(target.id(), copy);
    }

    private void copyState(Sequence source, int id) {
        try (StateBuffer state = save(source)) {
            context.restoreState(id, state);
        }
    }

    /** Says that a sequence's tokens were decoded. */
    void append(Sequence sequence, int[] tokens, int offset, int count) {
        tree.append(sequence.path(), tokens, offset, count);
    }

    /** Removes what a sequence holds from {@code length} on. */
    void cut(Sequence sequence, int length) {
        if (sequence.length() > length) {
            removeRange(sequence.id(), sequence.path().positionAt(length), KvMemory.ALL);
            replace(sequence, sequence.id(), length);
        }
    }

    /** Removes what was decoded behind a sequence and not appended to it. */
    void trim(Sequence sequence) {
        removeRange(sequence.id(), sequence.position(), KvMemory.ALL);
    }

    private void replace(Sequence sequence, int id, int length) {
        PrefixPath shorter = tree.fork(sequence.path(), length, id);
        tree.remove(sequence.path());
        sequence.become(id, shorter);
    }

    private void removeRange(int id, int from, int to) {
        if (!memory.remove(id, from, to)) {
            throw new IllegalStateException("the memory of this model can't be cut at " + from);
        }
    }

    /** Frees a sequence's id, and its cells as far as nobody else holds them. */
    void drop(Sequence sequence) {
        memory.remove(sequence.id(), KvMemory.ALL, KvMemory.ALL);
        tree.remove(sequence.path());
        freeIds.add(sequence.id());
    }

    /** True when tokens can be taken out of the middle of a sequence. */
    boolean canShift() {
        return traits.cuttable() && memory.canShift();
    }

    /**
     * Takes {@code discard} tokens from {@code keep} on out of a sequence and moves those behind them forward. Cells that
     * other sequences share can't move: then the sequence ends at {@code keep}, and the rest is to be computed again.
     * There are no images or sounds in it.
     */
    void shift(Sequence sequence, int keep, int discard) {
        int length = sequence.length();
        if (traits.unified() && tree.exclusiveCells(sequence.path()) < length) {
            cut(sequence, keep);
            return;
        }
        int[] tokens = sequence.tokens();
        removeRange(sequence.id(), keep, keep + discard);
        memory.shift(sequence.id(), keep + discard, length, -discard);
        replace(sequence, sequence.id(), keep);
        append(sequence, tokens, keep + discard, length - keep - discard);
    }

    /** A copy of a sequence's state, for the caller to close. */
    StateBuffer save(Sequence sequence) {
        return context.saveState(sequence.id(), StateScope.WHOLE);
    }

    /**
     * Fills an empty sequence with a saved state.
     *
     * @throws dev.corral.llama.LlamaException when it does not fit; the sequence is empty then
     */
    void restore(Sequence sequence, int[] tokens, StateBuffer state) {
        context.restoreState(sequence.id(), state);
        append(sequence, tokens, 0, tokens.length);
    }

    /** Moves a sequence to a free id. */
    void move(Sequence sequence, int id) {
        take(id);
        int old = sequence.id();
        copyState(sequence, id);
        memory.remove(old, KvMemory.ALL, KvMemory.ALL);
        replace(sequence, id, sequence.length());
        freeIds.add(old);
    }

    /** The longest held prefix of the first {@code limit} tokens that a sequence can begin with. */
    @Nullable
    Match find(PrefixSpace space, int[] tokens, int limit) {
        if (traits.cuttable()) {
            @Nullable Match match = tree.longest(space, tokens, limit);
            if (match == null || traits.window() == 0 || holdsWindow(match)) {
                return match;
            }
        }
        return tree.longestWhole(space, tokens, limit);
    }

    /** A sliding-window cache may have dropped the tokens that a shorter copy would need. */
    private boolean holdsWindow(Match match) {
        int first = memory.minPosition(match.path().sequence());
        return first <= Math.max(0, match.path().positionAt(match.length()) - traits.window());
    }

    /** True when another sequence begins with all tokens of this one. */
    boolean isCovered(Sequence sequence) {
        return tree.isCovered(sequence.path());
    }

    /** Cells that hold a token. */
    int used() {
        return tree.cells();
    }

    /** Cells that at least one of these sequences holds. */
    int heldBy(Stream<Sequence> sequences) {
        return tree.cellsHeldBy(sequences.map(Sequence::path).toList());
    }

    /** Forgets all cells, whatever sequence they belong to. */
    void clear() {
        memory.clear();
    }

    /** @throws IllegalStateException when the tree, these sequences and the memory disagree */
    void checkInvariants(Collection<Sequence> sequences) {
        tree.checkInvariants();
        require(
                sequences.size() + freeIds.size() == traits.maxSequences(),
                sequences.size() + " sequences and " + freeIds.size() + " free ids of " + traits.maxSequences());
        for (Sequence sequence : sequences) {
            require(!freeIds.contains(sequence.id()), "sequence id " + sequence.id() + " is taken and free");
            require(
                    sequence.path().sequence() == sequence.id(),
                    "sequence " + sequence.id() + " has the path of "
                            + sequence.path().sequence());
            int last = memory.maxPosition(sequence.id());
            // the cells of an image with several axes are all at its first position
            boolean several = sequence.position() < sequence.length();
            require(
                    several ? last < sequence.position() : last == sequence.length() - 1,
                    "sequence " + sequence.id() + " holds " + sequence.length() + " tokens but ends at position "
                            + last);
        }
        for (int id : freeIds) {
            require(memory.maxPosition(id) < 0, "free sequence " + id + " holds tokens");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
