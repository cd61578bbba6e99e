package dev.corral.engine.local.schedule;

import dev.corral.engine.SlotState;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.completion.Completion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which completion runs in which slot, and in which order they came. Not thread-safe; the engine thread's. */
public final class Slots {

    private final @Nullable Completion[] occupants;
    private final Last[] last;
    private final List<Completion> running = new ArrayList<>();

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
    }

    int count() {
        return occupants.length;
    }

    int free() {
        return occupants.length - running.size();
    }

    /** Those that run, in the order of admission. Not to be changed. */
    List<Completion> running() {
        return running;
    }

    /** Takes the preferred slot where it is free, otherwise the first free one. */
    int take(Completion completion, int preferred) {
        int slot = preferred >= 0 && preferred < occupants.length && occupants[preferred] == null
                ? preferred
                : firstFree();
        occupants[slot] = completion;
        running.add(completion);
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

    /** @param left what the completion leaves in the cache */
    void release(Completion completion, Last left) {
        occupants[completion.slot()] = null;
        last[completion.slot()] = left;
        running.remove(completion);
    }

    /** What the slot's last completion, or a restored state, left in the cache. */
    Last last(int slot) {
        return last[slot];
    }

    void setLast(int slot, Last left) {
        last[slot] = left;
    }

    /** Whether somebody waits for the next token of a text. */
    boolean isStreaming() {
        for (int i = 0; i < running.size(); i++) {
            if (!running.get(i).isPrefilling()) {
                return true;
            }
        }
        return false;
    }

    /** The completion that came first of those whose next tokens are an image or sound; null when there is none. */
    @Nullable
    Completion nextMedia() {
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).prompt().hasMedia() && running.get(i).untilMedia() == 0) {
                return running.get(i);
            }
        }
        return null;
    }

    /** The completion that came last of those with the lowest priority. */
    Completion youngest() {
        Completion youngest = running.getLast();
        for (int i = running.size() - 2; i >= 0; i--) {
            if (priority(running.get(i)) < priority(youngest)) {
                youngest = running.get(i);
            }
        }
        return youngest;
    }

    private static int priority(Completion completion) {
        return completion.request().schedule().priority();
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
                                    completion.prompt().length(),
                                    completion.generated()));
        }
        return states;
    }

    /** @throws IllegalStateException when a completion is not where it should be, or its sequence holds other tokens */
    void checkInvariants() {
        int occupied = 0;
        for (@Nullable Completion occupant : occupants) {
            occupied += occupant == null ? 0 : 1;
        }
        require(occupied == running.size(), running.size() + " completions run in " + occupied + " slots");
        for (Completion completion : running) {
            int slot = completion.slot();
            require(occupants[slot] == completion, "slot " + slot + " has another completion");
            require(completion.isRunning() && !completion.isClosed(), "slot " + slot + " has one that does not run");
            int[] computed = completion.sequence().tokens();
            require(
                    computed.length <= completion.length()
                            && Arrays.mismatch(computed, 0, computed.length, completion.tokens(), 0, computed.length)
                                    < 0,
                    "the sequence of slot " + slot + " holds other tokens than its completion has");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
