package dev.corral.engine.local.schedule;

import dev.corral.engine.SlotState;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.completion.Completion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which completion runs in which slot. Not thread-safe; the engine thread's. */
public final class Slots {

    private final @Nullable Completion[] occupants;
    private final Last[] last;
    private int free;

    /**
     * What a slot's last completion left in the cache.
     *
     * @param space where it can be found
     */
    record Last(PrefixSpace space, int[] tokens) {
        static final Last NOTHING = new Last(PrefixSpace.SHARED, new int[0]);
    }

    public Slots(int count) {
        occupants = new Completion[count];
        last = new Last[count];
        Arrays.fill(last, Last.NOTHING);
        free = count;
    }

    int count() {
        return occupants.length;
    }

    int free() {
        return free;
    }

    /** Takes the preferred slot where it is free, otherwise the first free one. */
    int take(Completion completion, int preferred) {
        int slot = preferred >= 0 && preferred < occupants.length && occupants[preferred] == null
                ? preferred
                : firstFree();
        occupants[slot] = completion;
        free--;
        return slot;
    }

    private int firstFree() {
        for (int slot = 0; slot < occupants.length; slot++) {
            if (occupants[slot] == null) {
                return slot;
            }
        }
        throw new IllegalStateException("no slot is free");
    }

    /** @param computed what its completion leaves in the cache */
    void release(int slot, Last computed) {
        occupants[slot] = null;
        last[slot] = computed;
        free++;
    }

    /** What the slot's last completion, or a restored state, left in the cache. */
    Last last(int slot) {
        return last[slot];
    }

    void setLast(int slot, Last left) {
        last[slot] = left;
    }

    List<SlotState> states() {
        List<SlotState> states = new ArrayList<>(occupants.length);
        for (int slot = 0; slot < occupants.length; slot++) {
            @Nullable Completion completion = occupants[slot];
            states.add(
                    completion == null
                            ? new SlotState(slot, false, -1, last[slot].tokens().length, 0, 0)
                            : new SlotState(
                                    slot,
                                    true,
                                    completion.generation().id(),
                                    completion.sequence().length(),
                                    completion.promptLength(),
                                    completion.generated()));
        }
        return states;
    }
}
