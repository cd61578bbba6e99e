package dev.corral.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * When a completion must end.
 *
 * @param maxTokens at most so many tokens; {@link #UNLIMITED} until the context is full, 0 evaluates the prompt only
 * @param maxGenerationTime at most so long after the first token, judged at the next line break
 * @param minIndent end when a line is indented by fewer blanks than this; 0 for no such rule
 * @param contextShift what to forget when the context is full; empty ends the completion there
 */
public record Limits(
        int maxTokens, Optional<Duration> maxGenerationTime, int minIndent, Optional<ContextShift> contextShift) {

    public static final int UNLIMITED = -1;
    public static final Range MAX_TOKENS = Range.atLeast(-1);
    public static final Range MIN_INDENT = Range.atLeast(0);

    public Limits {
        MAX_TOKENS.check("max_tokens", maxTokens);
        MIN_INDENT.check("min_indent", minIndent);
        maxGenerationTime.filter(Duration::isNegative).ifPresent(time -> {
            throw new InvalidRequestException("max_generation_time", time.toString(), "must be at least 0");
        });
    }

    public Limits(int maxTokens, Optional<Duration> maxGenerationTime, int minIndent) {
        this(maxTokens, maxGenerationTime, minIndent, Optional.empty());
    }

    public static Limits tokens(int maxTokens) {
        return new Limits(maxTokens, Optional.empty(), 0);
    }

    public Limits shiftingContext(ContextShift shift) {
        return new Limits(maxTokens, maxGenerationTime, minIndent, Optional.of(shift));
    }

    /**
     * Forgetting tokens in the middle of the context to go on, where the model's memory can; where it can't, the
     * completion ends.
     *
     * @param keep tokens at the beginning that stay, {@link #WHOLE_PROMPT} for all of the prompt
     * @param discard tokens to forget after them; 0 for half of the rest
     */
    public record ContextShift(int keep, int discard) {
        public static final int WHOLE_PROMPT = -1;
        public static final Range KEEP = Range.atLeast(-1);
        public static final Range DISCARD = Range.atLeast(0);

        public ContextShift {
            KEEP.check("n_keep", keep);
            DISCARD.check("n_discard", discard);
        }

        /** Tokens that stay at the beginning of {@code length}, so that some can go. */
        public int kept(int promptLength, int length) {
            return Math.clamp(keep == WHOLE_PROMPT ? promptLength : keep, 0, Math.max(0, length - 4));
        }

        /** Tokens that go after {@code kept} ones of {@code length}. */
        public int discarded(int kept, int length) {
            int rest = length - kept;
            return Math.clamp(discard == 0 ? rest / 2 : discard, 1, rest - 2);
        }
    }

    public static Limits none() {
        return tokens(UNLIMITED);
    }
}
