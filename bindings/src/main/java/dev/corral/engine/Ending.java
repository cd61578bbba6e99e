package dev.corral.engine;

/**
 * How far a generation is from its end, which comes with a {@link Event.Failed}, or with the {@link Event.Finished} of its
 * last completion. Whoever passes events on counts them with one of his own.
 *
 * <p>Not thread-safe.
 */
public final class Ending {

    private int unfinished;
    private boolean reached;

    /** @param completions how many of them finish, unless the generation fails */
    public Ending(int completions) {
        unfinished = completions;
    }

    /** Counts the next event; true when it is the last one. */
    public boolean isReachedBy(Event event) {
        reached = event instanceof Event.Failed || (event instanceof Event.Finished && --unfinished == 0);
        return reached;
    }

    /** Whether the last event was counted. */
    public boolean isReached() {
        return reached;
    }
}
