package dev.corral.engine.local.speculation;

import dev.corral.engine.local.cache.PrefixSpace;
import org.jspecify.annotations.Nullable;

/** A text that is being generated, as those see it who draft what may come next. The engine thread's. */
public interface Draftable {

    /** Its tokens, of which {@link #length} count; what is drafted stands behind them. */
    int[] tokens();

    int length();

    /** How many of its tokens were generated. */
    int generated();

    /** Which cached prefixes it can use. */
    PrefixSpace space();

    /** Whether it is in a slot. */
    boolean isRunning();

    /** Whether more than its newest token is yet to be computed. */
    boolean isPrefilling();

    /** How often tokens in its middle were forgotten. */
    int shifts();

    /** What is drafted with, or null where nothing is. */
    @Nullable
    Lookahead lookahead();

    /** The most tokens that may be drafted: all of them, and one more, could become output. */
    int draftable(int contextSize);

    /** Its tokens, with room for a draft behind them. */
    int[] roomFor(int draft);

    /** Says how many tokens behind its own are a draft, which the next step checks. */
    void draft(int count);

    /** Tokens behind its own that are not its output yet. */
    int drafted();
}
