package dev.corral.engine.local;

import dev.corral.engine.SlotState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which completion runs in which slot. Not thread-safe; the engine thread's. */
final class Slots {

    private final @Nullable Completion[] occupants;
    private final int[][] last;
    private int free;

    Slots(int count) {
        occupants = new Completion[count];
        last = new int[count][0];
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

    /** @param computed the tokens that its completion leaves in the cache */
    void release(int slot, int[] computed) {
        occupants[slot] = null;
        last[slot] = computed;
        free++;
    }

    /** The tokens that the slot's last completion, or a restored state, left in the cache. */
    int[] last(int slot) {
        return last[slot];
    }

    void setLast(int slot, int[] tokens) {
        last[slot] = tokens;
    }

    List<SlotState> states() {
        List<SlotState> states = new ArrayList<>(occupants.length);
        for (int slot = 0; slot < occupants.length; slot++) {
            @Nullable Completion completion = occupants[slot];
            states.add(
                    completion == null
                            ? new SlotState(slot, false, -1, last[slot].length, 0, 0)
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
