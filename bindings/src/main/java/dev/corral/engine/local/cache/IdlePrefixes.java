package dev.corral.engine.local.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finished sequences that stay in the cells for requests to come, in the order of their last use. One that is evicted goes
 * to the {@link StateCache}.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class IdlePrefixes {

    /** Saving a shorter prefix, or putting one back, costs more than computing it. */
    static final int WORTH_SAVING = 16;

    private final Cells cells;
    private final StateCache states;
    private final List<Sequence> leastRecentlyUsedFirst = new ArrayList<>();
    private long evictions;

    IdlePrefixes(Cells cells, StateCache states) {
        this.cells = cells;
        this.states = states;
    }

    /** Adds one that is used now. */
    void add(Sequence sequence) {
        leastRecentlyUsedFirst.add(sequence);
    }

    void remove(Sequence sequence) {
        leastRecentlyUsedFirst.remove(sequence);
    }

    boolean contains(Sequence sequence) {
        return leastRecentlyUsedFirst.contains(sequence);
    }

    int size() {
        return leastRecentlyUsedFirst.size();
    }

    /** Least recently used first. */
    Stream<Sequence> stream() {
        return leastRecentlyUsedFirst.stream();
    }

    /** Forgets them; their cells are the caller's to free. */
    void clear() {
        leastRecentlyUsedFirst.clear();
    }

    /** Evicts the one that was used least recently of those that suit; says what its id was. */
    Optional<Integer> evictOne(Predicate<Sequence> which) {
        @Nullable Sequence victim = stream().filter(which).findFirst().orElse(null);
        if (victim == null) {
            return Optional.empty();
        }
        int id = victim.id();
        evict(victim);
        return Optional.of(id);
    }

    /** Evicts those that these tokens begin with; says how many there were. */
    int vacate(PrefixSpace space, int[] tokens) {
        List<Sequence> prefixes = stream()
                .filter(sequence -> sequence.space().equals(space) && isPrefix(sequence.tokens(), tokens))
                .sorted(Comparator.comparingInt(Sequence::length).reversed())
                .toList();
        prefixes.forEach(this::evict);
        return prefixes.size();
    }

    private static boolean isPrefix(int[] prefix, int[] tokens) {
        int mismatch = Arrays.mismatch(prefix, tokens);
        return mismatch < 0 || mismatch == prefix.length;
    }

    private void evict(Sequence sequence) {
        remove(sequence);
        save(sequence);
        cells.drop(sequence);
        evictions++;
    }

    /** Saves the state of a sequence, idle or live, where that is wanted and worth it. */
    void save(Sequence sequence) {
        if (states.isEnabled() && sequence.length() >= WORTH_SAVING) {
            int[] tokens = sequence.tokens();
            if (!states.covers(sequence.space(), tokens)) {
                states.put(sequence.space(), tokens, cells.save(sequence));
            }
        }
    }

    /** Drops those of exactly these tokens. */
    void forget(PrefixSpace space, int[] tokens) {
        List<Sequence> same = stream()
                .filter(sequence -> sequence.space().equals(space) && Arrays.equals(sequence.tokens(), tokens))
                .toList();
        leastRecentlyUsedFirst.removeAll(same);
        same.forEach(cells::drop);
    }

    /** How many were evicted so far. */
    long evictions() {
        return evictions;
    }
}
