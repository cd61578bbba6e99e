package dev.corral.engine.local.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sequences that completions hold. Where each has cells of its own, those whose ids are next to each other are computed
 * together: one pass over the weights serves them all.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class LiveSequences {

    private final List<Sequence> sequences = new ArrayList<>();

    void add(Sequence sequence) {
        sequences.add(sequence);
    }

    void remove(Sequence sequence) {
        sequences.remove(sequence);
    }

    boolean contains(Sequence sequence) {
        return sequences.contains(sequence);
    }

    int size() {
        return sequences.size();
    }

    Stream<Sequence> stream() {
        return sequences.stream();
    }

    void clear() {
        sequences.clear();
    }

    /** Whether a sequence of this id is, or would be, among their neighbours. */
    boolean isBeside(int id) {
        return sequences.isEmpty() || (id >= lowest() - 1 && id <= highest() + 1);
    }

    /** Whether some id between theirs is not one of theirs. */
    boolean hasGap() {
        return sequences.size() > 1 && highest() - lowest() >= sequences.size();
    }

    /** The lowest id that is not one of theirs, from their lowest on. */
    int gap() {
        int gap = lowest();
        while (find(gap) != null) {
            gap++;
        }
        return gap;
    }

    /** The one with the highest id. */
    Sequence last() {
        @Nullable Sequence last = find(highest());
        if (last == null) {
            throw new IllegalStateException("no sequence is live");
        }
        return last;
    }

    private @Nullable Sequence find(int id) {
        for (int i = 0; i < sequences.size(); i++) {
            if (sequences.get(i).id() == id) {
                return sequences.get(i);
            }
        }
        return null;
    }

    private int lowest() {
        int lowest = Integer.MAX_VALUE;
        for (int i = 0; i < sequences.size(); i++) {
            lowest = Math.min(lowest, sequences.get(i).id());
        }
        return lowest;
    }

    private int highest() {
        int highest = -1;
        for (int i = 0; i < sequences.size(); i++) {
            highest = Math.max(highest, sequences.get(i).id());
        }
        return highest;
    }
}
