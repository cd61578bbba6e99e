package dev.corral.engine.local.schedule;

import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.measure.PrefillPacer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How much of which prompt a step reads. While somebody streams, the step has little room: the prompt that came first gets
 * half of it, so that it gets on, and the shortest ones the rest, so that nobody waits for a long prompt to ask a short
 * question. While nobody does, short prompts are read whole, and of the long ones so much that who comes meanwhile, or a
 * client that leaves, does not wait long for the next step.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class PrefillShares {

    private static final Comparator<Completion> SHORTEST_FIRST = Comparator.comparingInt(Completion::pending);

    private final PrefillPacer pacer;
    private final MemoryTraits traits;
    private final int batchSize;
    private final int scoredOutputs;
    private final List<Completion> shortestFirst = new ArrayList<>();
    private int outputs;

    /**
     * @param batchSize tokens that one step can compute
     * @param scoredOutputs outputs that one step can compute to score given tokens by
     */
    public PrefillShares(PrefillPacer pacer, MemoryTraits traits, int batchSize, int scoredOutputs) {
        this.pacer = pacer;
        this.traits = traits;
        this.batchSize = batchSize;
        this.scoredOutputs = scoredOutputs;
    }

    /**
     * Adds the next tokens of prompts to a plan that has the streams already.
     *
     * @param running in the order of admission
     * @param adapters those that the step computes with
     */
    void fill(Plan plan, List<Completion> running, String adapters, boolean streaming) {
        shortestFirst.clear();
        for (Completion completion : running) {
            if (completion.isPrefilling() && completion.space().adapters().equals(adapters)) {
                shortestFirst.add(completion);
            }
        }
        if (shortestFirst.isEmpty()) {
            return;
        }
        Completion first = shortestFirst.getFirst();
        shortestFirst.sort(SHORTEST_FIRST);
        outputs = scoredOutputs;
        int room = batchSize - plan.tokens();
        if (streaming) {
            share(plan, first, Math.min(room, pacer.chunk()));
        } else {
            shareAtLeisure(plan, first, room, Math.min(room, pacer.leisurelyChunk()));
        }
    }

    private void share(Plan plan, Completion first, int chunk) {
        int kept = Math.min(first.pending(), chunk / 2);
        int left = chunk - kept;
        for (Completion completion : shortestFirst) {
            if (completion != first) {
                left -= read(plan, completion, left);
            }
        }
        read(plan, first, kept + left);
    }

    /** @param chunk tokens of long prompts, of all of them together; what is not longer is short */
    private void shareAtLeisure(Plan plan, Completion first, int room, int chunk) {
        int wanted = Math.min(first.pending(), chunk);
        int kept = Math.min(wanted, room / 2);
        int left = room - kept;
        int ofLong = chunk - wanted;
        for (Completion completion : shortestFirst) {
            if (completion == first) {
                continue;
            }
            boolean isLong = completion.pending() > chunk;
            int count = read(plan, completion, isLong ? Math.min(left, ofLong) : left);
            left -= count;
            ofLong -= isLong ? count : 0;
        }
        read(plan, first, Math.min(wanted, kept + left));
    }

    private int read(Plan plan, Completion completion, int most) {
        int count = completion.within(
                Math.min(most, Math.min(untilCheckpoint(completion), completion.untilMedia())), outputs);
        if (count <= 0) {
            return 0;
        }
        plan.add(completion, count);
        outputs -= completion.scored(count);
        return count;
    }

    /**
     * Pending tokens up to where a state has to be saved. A memory that can't be cut is of use to a later request only
     * at a point where it was saved, and the end of the prompt, short of its last token, is where requests part.
     */
    private int untilCheckpoint(Completion completion) {
        int checkpoint = completion.prompt().checkpoint();
        int computed = completion.sequence().length();
        return !traits.cuttable() && completion.request().cache().reuse() && computed < checkpoint
                ? checkpoint - computed
                : completion.pending();
    }
}
