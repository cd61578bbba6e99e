package dev.corral.engine.local.schedule;

import dev.corral.engine.local.completion.Completion;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which pending tokens of which completions the next decode computes. Reused from step to step.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Plan {

    private final @Nullable Completion[] completions;
    private final int[] counts;
    private int size;
    private int tokens;

    public Plan(int slots) {
        completions = new Completion[slots];
        counts = new int[slots];
    }

    void clear() {
        Arrays.fill(completions, 0, size, null);
        size = 0;
        tokens = 0;
    }

    /** The next {@code count} pending tokens of a completion that is not in the plan yet, and its whole draft if any. */
    void add(Completion completion, int count) {
        assert count > 0 && count <= completion.pending() + completion.drafted();
        completions[size] = completion;
        counts[size++] = count;
        tokens += count;
    }

    /** Orders it by sequence id: neighbours are computed together. */
    void sort() {
        for (int i = 1; i < size; i++) {
            for (int j = i; j > 0 && id(j - 1) > id(j); j--) {
                @Nullable Completion completion = completions[j];
                completions[j] = completions[j - 1];
                completions[j - 1] = completion;
                int count = counts[j];
                counts[j] = counts[j - 1];
                counts[j - 1] = count;
            }
        }
    }

    private int id(int index) {
        return completion(index).sequence().id();
    }

    public int size() {
        return size;
    }

    public Completion completion(int index) {
        @Nullable Completion completion = completions[index];
        if (completion == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return completion;
    }

    public int count(int index) {
        return counts[index];
    }

    /** Tokens of all completions together. */
    int tokens() {
        return tokens;
    }

    public boolean isEmpty() {
        return size == 0;
    }
}
