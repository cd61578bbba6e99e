package dev.corral.engine.local.schedule;

import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.completion.Completion;
import java.util.List;

/**
 * Which waiting completions can start now: those that have slots and cells, and that would not compute a prefix which
 * another is just computing.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class Admission {

    /** A prefix in the making is worth waiting for when it spares at least so many tokens. */
    private static final int WORTH_WAITING = 16;

    /** One in so many cells stays free, for those that run to grow into. */
    private static final int RESERVE = 100;

    private final KvCache cache;
    private final MemoryTraits traits;
    private final Slots slots;
    private final ScoreMemory scores;

    Admission(KvCache cache, MemoryTraits traits, Slots slots, ScoreMemory scores) {
        this.cache = cache;
        this.traits = traits;
        this.slots = slots;
        this.scores = scores;
    }

    /** Whether a completion and its members can start. Where none runs, it always can. */
    boolean admits(Completion completion) {
        if (slots.free() < completion.members().size()) {
            return false;
        }
        List<Completion> running = slots.running();
        return running.isEmpty() || (!awaitsPrefix(completion, running) && hasRoom(completion));
    }

    /** True while a running prefill is about to compute a prefix that this completion could share. */
    private boolean awaitsPrefix(Completion completion, List<Completion> running) {
        int promised = 0;
        if (completion.request().cache().reuse()) {
            for (Completion other : running) {
                promised = Math.max(promised, promised(completion, other));
            }
        }
        return promised >= WORTH_WAITING
                && promised - cache.reusable(completion.space(), completion.tokens(), scores.reusable(completion))
                        >= WORTH_WAITING;
    }

    /** Tokens that a completion will be able to take over from another when that has read more of its prompt. */
    private int promised(Completion completion, Completion other) {
        if (!other.isPrefilling()
                || !other.request().cache().reuse()
                || !other.space().equals(completion.space())) {
            return 0;
        }
        int limit = Math.max(completion.reusable(), ScoreMemory.shared(completion, other));
        int common = Math.min(limit, completion.commonPrefix(other));
        if (!traits.cuttable()) {
            common = common >= other.prompt().checkpoint() && cache.keepsStates()
                    ? other.prompt().checkpoint()
                    : 0;
        }
        return common > other.sequence().length() ? common : 0;
    }

    private boolean hasRoom(Completion completion) {
        int shared = completion.request().cache().reuse()
                ? cache.sharedWithLive(completion.space(), completion.tokens(), completion.reusable())
                : 0;
        int needed = completion.length() + completion.members().size() - shared;
        return cache.availableCells() >= needed + traits.cells() / RESERVE;
    }
}
