package dev.corral.engine.local.completion;

import dev.corral.engine.FinishReason;
import java.util.List;

/** Completions that are admitted, preempted and ended together, as the beams of one search. The engine thread's. */
public interface CompletionGroup {

    /** All of them. Not to be changed. */
    List<Completion> members();

    /** The one that waits in the queue for all of them. */
    Completion leader();

    /** Reports what they have come to. */
    void finish(FinishReason reason, long now);
}
