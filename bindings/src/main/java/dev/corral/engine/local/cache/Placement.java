package dev.corral.engine.local.cache;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which ids sequences go by. Where each sequence has cells of its own, live ones whose ids are next to each other are
 * computed together, so a new one goes beside them, and a gap that stays is closed.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class Placement {

    /** Steps for which a gap may close by itself. */
    private static final int GAP_PATIENCE = 4;

    private final Cells cells;
    private final boolean unified;
    private final LiveSequences live;
    private final IdlePrefixes idle;
    private int stepsWithGap;

    Placement(Cells cells, boolean unified, LiveSequences live, IdlePrefixes idle) {
        this.cells = cells;
        this.unified = unified;
        this.live = live;
        this.idle = idle;
    }

    /** A free id, if need be that of the idle prefix that was used least recently, but not of {@code except}. */
    int chooseId(@Nullable Sequence except) {
        if (!unified) {
            if (cells.freeId(live::isBeside).isEmpty()) {
                idle.evictOne(sequence -> sequence != except && live.isBeside(sequence.id()));
            }
            Optional<Integer> beside = cells.freeId(live::isBeside);
            if (beside.isPresent()) {
                return beside.get();
            }
        }
        return cells.freeId(id -> true)
                .or(() -> idle.evictOne(sequence -> sequence != except))
                .orElseThrow(() -> new IllegalStateException("more live sequences than the context has"));
    }

    /** Whether a new sequence that begins with {@code length} tokens of an idle one goes on in its place, not in a copy. */
    boolean takesOver(Sequence source, int length) {
        boolean onlyChoice = idle.size() == 1 && cells.freeId(id -> true).isEmpty();
        return onlyChoice || (source.length() == length && (unified || live.isBeside(source.id())));
    }

    /**
     * Moves a live sequence into a gap that has been there for some calls of this, one a step. A gap costs a pass over the
     * weights each step, moving a sequence a copy.
     */
    void closeLastingGap() {
        stepsWithGap = !unified && live.hasGap() ? stepsWithGap + 1 : 0;
        if (stepsWithGap > GAP_PATIENCE) {
            stepsWithGap = 0;
            int gap = live.gap();
            idle.evictOne(sequence -> sequence.id() == gap);
            cells.move(live.last(), gap);
        }
    }
}
