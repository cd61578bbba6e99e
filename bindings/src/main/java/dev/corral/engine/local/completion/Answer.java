package dev.corral.engine.local.completion;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Timings;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.engine.local.speculation.Lookahead;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one completion tells its reader: that it has started, how far its prompt is, its text, and why it ended, with what
 * that took.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Answer {

    private static final byte[] NO_BYTES = {};

    private final LocalGeneration generation;
    private final int index;
    private final int promptLength;
    private final Output output;
    private boolean started;
    private int cached;
    private int generated;
    private boolean truncated;
    private long startedNanos;
    private long firstTokenNanos;
    private long lastTokenNanos;

    Answer(LocalGeneration generation, int index, int promptLength, Output output) {
        this.generation = generation;
        this.index = index;
        this.promptLength = promptLength;
        this.output = output;
    }

    private Generate request() {
        return generation.request();
    }

    /**
     * The completion is in a slot.
     *
     * @param found tokens of it that were cached
     * @return false when it was in one before
     */
    boolean start(int slot, int found, long now) {
        if (started) {
            return false;
        }
        started = true;
        startedNanos = now;
        cached = found;
        if (index == 0) {
            generation.send(new Event.Started(slot, promptLength, found));
        }
        return true;
    }

    /** @param computed tokens of the prompt that are in the KV cache */
    void progress(int computed, long now) {
        if (request().output().progress() && index == 0 && generated == 0) {
            generation.send(new Event.Progress(promptLength, cached, computed, now - startedNanos));
        }
    }

    /** A token was sampled. */
    void sampled(long now) {
        generated++;
        if (firstTokenNanos == 0) {
            firstTokenNanos = now;
        }
        lastTokenNanos = now;
    }

    /** Goes on where another one is. */
    void becomeCopyOf(Answer other) {
        generated = other.generated;
    }

    /** Adds a sampled token to the text; says why that ends it, or {@code null} when it goes on. */
    @Nullable
    FinishReason write(int token, byte[] piece, @Nullable TokenLogprob logprob) {
        output.add(token, piece, logprob);
        if (output.stopped().isPresent()) {
            return FinishReason.STOP_STRING;
        }
        int maxTokens = request().limits().maxTokens();
        boolean limited = (maxTokens >= 0 && generated >= maxTokens) || output.shallowLine() || outOfTime();
        return limited ? FinishReason.LIMIT : null;
    }

    /**
     * Takes note of the token that ends the text; it is reported where the prompt's tokens are, too, and shown where it is
     * part of the text.
     */
    public FinishReason writeEnd(int token, byte[] piece, @Nullable TokenLogprob logprob) {
        if (request().output().chunk() > 0) {
            output.add(token, piece, logprob);
        } else if (request().logprobs().prompt()) {
            output.add(token, NO_BYTES, logprob);
        }
        return FinishReason.END_OF_TEXT;
    }

    private boolean outOfTime() {
        return output.hasNewline()
                && request()
                        .limits()
                        .maxGenerationTime()
                        .map(Duration::toNanos)
                        .filter(most -> lastTokenNanos - firstTokenNanos > most)
                        .isPresent();
    }

    /** Sends what is settled of the text. */
    public void flush() {
        output.flush();
    }

    /** The completion forgot tokens. */
    void truncate() {
        truncated = true;
    }

    void finish(FinishReason reason, @Nullable Lookahead lookahead, long now) {
        output.finish();
        truncated |= reason == FinishReason.CONTEXT_FULL;
        generation.send(new Event.Finished(index, reason, output.stopped(), usage(lookahead), timings(now)));
    }

    private Usage usage(@Nullable Lookahead lookahead) {
        return lookahead == null
                ? new Usage(promptLength, cached, generated, truncated)
                : new Usage(promptLength, cached, generated, truncated, lookahead.drafted(), lookahead.accepted());
    }

    /** Tokens of the prompt that were in the KV cache when the completion started. */
    public int cached() {
        return cached;
    }

    /** How many tokens were sampled. */
    int generated() {
        return generated;
    }

    public Timings timings(long now) {
        long start = started ? startedNanos : now;
        long first = firstTokenNanos == 0 ? now : firstTokenNanos;
        return new Timings(start - generation.submittedNanos(), first - start, Math.max(lastTokenNanos, first) - first);
    }
}
