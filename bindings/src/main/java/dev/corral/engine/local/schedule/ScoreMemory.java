package dev.corral.engine.local.schedule;

import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.TokenScores;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What the prompts of late said of their own tokens. A prompt that begins as another did needs no outputs for what they
 * share: that was scored already, or is just being scored. So questions that differ in their end cost their ends, though
 * each asks for all of its log-probabilities.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class ScoreMemory {

    /** Log-probabilities that are kept, those of likeliest tokens included. */
    private static final int CAPACITY = 1 << 17;

    private record Entry(Completion completion, int size) {}

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private int size;

    /** How many of a completion's tokens may come from the cache, given what it can take over from here. */
    int reusable(Completion completion) {
        int most = completion.reusable();
        if (!completion.prompt().scores().isShared()) {
            return most;
        }
        for (Entry entry : entries) {
            most = Math.max(most, inheritable(completion, entry.completion()));
        }
        return most;
    }

    /** Fills in what is known of a completion's tokens, and remembers it for others. */
    void admit(Completion completion) {
        TokenScores own = completion.prompt().scores();
        if (!own.isShared() || !completion.request().cache().reuse()) {
            return;
        }
        @Nullable Completion source = null;
        int most = own.scored();
        for (Entry entry : entries) {
            int inheritable = inheritable(completion, entry.completion());
            if (inheritable > most) {
                most = inheritable;
                source = entry.completion();
            }
        }
        if (source != null) {
            own.inherit(source.prompt().scores(), most);
        }
        if (entries.stream().noneMatch(entry -> entry.completion() == completion)) {
            remember(completion, completion.prompt().length() * (1 + own.top()));
        }
    }

    private void remember(Completion completion, int added) {
        if (added <= CAPACITY) {
            entries.addFirst(new Entry(completion, added));
            size += added;
            while (size > CAPACITY) {
                size -= entries.removeLast().size();
            }
        }
    }

    private static int inheritable(Completion completion, Completion other) {
        return Math.min(other.prompt().scores().scored(), shared(completion, other));
    }

    /** How many outputs two completions have in common that one can take over from the other. */
    static int shared(Completion completion, Completion other) {
        TokenScores own = completion.prompt().scores();
        TokenScores theirs = other.prompt().scores();
        boolean suits = completion != other
                && own.isShared()
                && theirs.isShared()
                && completion.space().equals(other.space())
                && theirs.top() >= own.top()
                && completion.request().cache().reuse();
        // an output is told by the token after it, and the last one is computed in any case
        return suits ? Math.max(0, Math.min(completion.promptCommonWith(other) - 1, own.size() - 1)) : 0;
    }
}
