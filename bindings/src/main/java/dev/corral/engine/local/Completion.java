package dev.corral.engine.local;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Timings;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.llama.Grammar;
import dev.corral.llama.SamplerChain;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One continuation of a prompt. It has no phases: the tokens in its KV sequence chase its tokens, a step at a time.
 *
 * <p>Ownership: the scheduler's, which closes it; it owns its samplers. Not thread-safe; the engine thread's.
 */
final class Completion implements AutoCloseable {

    static final int NO_SLOT = -1;

    private final LocalGeneration generation;
    private final int index;
    private final SamplerChain chain;
    private final @Nullable Grammar grammar;
    private final Output output;
    private final int promptLength;
    private int[] tokens;
    private int length;

    private @Nullable Sequence sequence;
    private int slot = NO_SLOT;
    private boolean started;
    private int cached;
    private int generated;
    private long startedNanos;
    private long firstTokenNanos;
    private long lastTokenNanos;
    private long order;
    private boolean closed;
    private boolean truncated;
    private @Nullable Lookahead lookahead;
    private int drafted;
    private int shifts;

    Completion(
            LocalGeneration generation,
            int index,
            int[] prompt,
            SamplerChain chain,
            @Nullable Grammar grammar,
            Output output) {
        this.generation = generation;
        this.index = index;
        this.chain = chain;
        this.grammar = grammar;
        this.output = output;
        this.promptLength = prompt.length;
        this.length = prompt.length;
        this.tokens = Arrays.copyOf(prompt, prompt.length + 64);
    }

    LocalGeneration generation() {
        return generation;
    }

    Generate request() {
        return generation.request();
    }

    SamplerChain chain() {
        return chain;
    }

    @Nullable
    Grammar grammar() {
        return grammar;
    }

    /** Its tokens, of which {@link #length} count. Not to be changed. */
    int[] tokens() {
        return tokens;
    }

    int length() {
        return length;
    }

    int promptLength() {
        return promptLength;
    }

    int generated() {
        return generated;
    }

    int slot() {
        return slot;
    }

    /** Which came first, among completions in slots. */
    long order() {
        return order;
    }

    /** Lets tokens be drafted for it. */
    void speculate(Lookahead by) {
        lookahead = by;
    }

    @Nullable
    Lookahead lookahead() {
        return lookahead;
    }

    /** The most tokens that may be drafted: all of them, and one more, could become output. */
    int draftable(int contextSize) {
        int maxTokens = request().limits().maxTokens();
        int left = maxTokens < 0 ? Integer.MAX_VALUE : maxTokens - generated;
        return Math.min(left, contextSize - length) - 1;
    }

    /** Its tokens, with room for a draft behind them. */
    int[] roomFor(int draft) {
        if (length + draft > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + draft, tokens.length * 2));
        }
        return tokens;
    }

    /** Says how many tokens behind its own are a draft, which the next step checks. */
    void draft(int count) {
        assert length + count <= tokens.length;
        drafted = count;
    }

    /** Tokens behind its own that are not its output yet. */
    int drafted() {
        return drafted;
    }

    /** How often tokens in its middle were forgotten. */
    int shifts() {
        return shifts;
    }

    Sequence sequence() {
        Sequence held = sequence;
        if (held == null) {
            throw new IllegalStateException("a completion that is not in a slot has no sequence");
        }
        return held;
    }

    boolean isRunning() {
        return sequence != null;
    }

    /** Tokens that it and another begin with. */
    int commonPrefix(Completion other) {
        int most = Math.min(length, other.length);
        int mismatch = Arrays.mismatch(tokens, 0, most, other.tokens, 0, most);
        return mismatch < 0 ? most : mismatch;
    }

    /** Tokens that are not in the KV cache yet. */
    int pending() {
        return length - sequence().length();
    }

    /** True while more than the newest token is pending. */
    boolean isPrefilling() {
        return pending() > 1;
    }

    void start(Sequence held, int slotIndex, long arrival, long now) {
        sequence = held;
        slot = slotIndex;
        order = arrival;
        if (!started) {
            started = true;
            startedNanos = now;
            cached = held.length();
            if (index == 0) {
                generation.send(new Event.Started(slot, promptLength, cached));
            }
        }
    }

    /** Leaves its slot, to be started again or closed; the caller releases the sequence. */
    Sequence leave() {
        Sequence held = sequence();
        sequence = null;
        return held;
    }

    void leaveSlot() {
        slot = NO_SLOT;
    }

    void progress(long now) {
        if (request().output().progress() && index == 0 && generated == 0) {
            generation.send(new Event.Progress(promptLength, cached, sequence().length(), now - startedNanos));
        }
    }

    /** Takes the token that was sampled after all others. */
    void sampled(int token, long now) {
        generated++;
        if (firstTokenNanos == 0) {
            firstTokenNanos = now;
        }
        lastTokenNanos = now;
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        tokens[length++] = token;
    }

    /** Adds the sampled token to the output; says why that ends it, or {@code null} when it goes on. */
    @Nullable
    FinishReason write(int token, byte[] piece, @Nullable TokenLogprob logprob, int contextSize) {
        output.add(token, piece, logprob);
        if (output.stopped().isPresent()) {
            return FinishReason.STOP_STRING;
        }
        int maxTokens = request().limits().maxTokens();
        if ((maxTokens >= 0 && generated >= maxTokens) || output.shallowLine() || outOfTime()) {
            return FinishReason.LIMIT;
        }
        return length >= contextSize ? FinishReason.CONTEXT_FULL : null;
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

    /** Forgets tokens in the middle, which the cache forgets too. */
    void discard(int from, int count) {
        System.arraycopy(tokens, from + count, tokens, from, length - from - count);
        length -= count;
        truncated = true;
        shifts++;
        if (lookahead != null) {
            lookahead.reset();
        }
    }

    void flush() {
        output.flush();
    }

    void finish(FinishReason reason, long now) {
        output.finish();
        truncated |= reason == FinishReason.CONTEXT_FULL;
        long start = started ? startedNanos : now;
        long first = firstTokenNanos == 0 ? now : firstTokenNanos;
        generation.send(new Event.Finished(
                index,
                reason,
                output.stopped(),
                usage(),
                new Timings(
                        start - generation.submittedNanos(), first - start, Math.max(lastTokenNanos, first) - first)));
    }

    private Usage usage() {
        Lookahead ahead = lookahead;
        return ahead == null
                ? new Usage(promptLength, cached, generated, truncated)
                : new Usage(promptLength, cached, generated, truncated, ahead.drafted(), ahead.accepted());
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        chain.close();
        if (grammar != null) {
            grammar.close();
        }
    }
}
