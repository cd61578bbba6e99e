package dev.corral.engine.local.completion;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Search;
import dev.corral.engine.Timings;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.engine.local.adapter.AppliedAdapters;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.cache.Sequence;
import dev.corral.engine.local.media.PromptMedia;
import dev.corral.engine.local.speculation.Draftable;
import dev.corral.engine.local.speculation.Lookahead;
import dev.corral.llama.Grammar;
import dev.corral.llama.SamplerChain;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One continuation of a prompt. It has no phases: the tokens in its KV sequence chase its tokens, a step at a time.
 *
 * <p>Ownership: the scheduler's, which closes it; it owns its samplers. Not thread-safe; the engine thread's.
 */
public final class Completion implements Draftable, AutoCloseable {

    static final int NO_SLOT = -1;

    private static final byte[] NO_BYTES = {};

    private final LocalGeneration generation;
    private final int index;
    private final SamplerChain chain;
    private final @Nullable Grammar grammar;
    private final Output output;
    private final @Nullable TokenScores scores;
    private final @Nullable CompletionGroup group;
    private final int promptLength;
    private final int checkpoint;
    private int[] tokens;
    private int length;

    private AppliedAdapters adapters = AppliedAdapters.NONE;
    private Consumer<AppliedAdapters> releaseAdapters = _ -> {};
    private PrefixSpace space = PrefixSpace.SHARED;
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
    private @Nullable PromptMedia media;

    public Completion(
            LocalGeneration generation,
            int index,
            int[] prompt,
            SamplerChain chain,
            @Nullable Grammar grammar,
            Output output,
            @Nullable TokenScores scores,
            @Nullable CompletionGroup group) {
        this.generation = generation;
        this.index = index;
        this.chain = chain;
        this.grammar = grammar;
        this.output = output;
        this.scores = scores;
        this.group = group;
        this.promptLength = prompt.length;
        int parting = scores == null ? 0 : scores.firstPosition();
        this.checkpoint = parting > 0 ? Math.min(parting, prompt.length - 1) : prompt.length - 1;
        // all of a group but the first begin as copies of it, once it has read the prompt
        this.length = group == null || index == 0 ? prompt.length : 0;
        this.tokens = Arrays.copyOf(prompt, prompt.length + 64);
    }

    public LocalGeneration generation() {
        return generation;
    }

    public Generate request() {
        return generation.request();
    }

    /** Chooses what it is computed with, before it is enqueued; {@code whenClosed} gets the adapters back. */
    public void computeWith(AppliedAdapters applied, Consumer<AppliedAdapters> whenClosed) {
        adapters = applied;
        releaseAdapters = whenClosed;
        space = PrefixSpace.of(applied.identity(), request().cache().partition());
    }

    public AppliedAdapters adapters() {
        return adapters;
    }

    @Override
    public PrefixSpace space() {
        return space;
    }

    /** Gives it the images and sounds that its prompt has, to be closed with it. */
    public void show(PromptMedia shown) {
        media = shown;
    }

    public boolean hasMedia() {
        return media != null;
    }

    public PromptMedia media() {
        PromptMedia shown = media;
        if (shown == null) {
            throw new IllegalStateException("a completion without images and sound");
        }
        return shown;
    }

    /** Pending tokens before the next image or sound; many when none is pending, 0 when one is next. */
    public int untilMedia() {
        PromptMedia shown = media;
        int next = shown == null ? Integer.MAX_VALUE : shown.next(sequence().length());
        return next >= length ? Integer.MAX_VALUE : next - sequence().length();
    }

    public SamplerChain chain() {
        return chain;
    }

    public @Nullable Grammar grammar() {
        return grammar;
    }

    /** Its tokens, of which {@link #length} count. Not to be changed. */
    @Override
    public int[] tokens() {
        return tokens;
    }

    @Override
    public int length() {
        return length;
    }

    public int promptLength() {
        return promptLength;
    }

    /** Which of its tokens are to be scored, or null. */
    public @Nullable TokenScores scores() {
        return scores;
    }

    /** Those that it begins and ends with, or null where it is on its own. */
    public @Nullable CompletionGroup group() {
        return group;
    }

    /** The completions that begin and end with it, itself included. */
    public List<Completion> members() {
        return group == null ? List.of(this) : group.members();
    }

    /** Whether it stands for its members in the queue. */
    public boolean isLeader() {
        return group == null || group.leader() == this;
    }

    /** Goes on in its own sequence where another one is. */
    public void becomeCopyOf(Completion other, KvCache cache) {
        cache.copy(other.sequence(), sequence());
        tokens = other.tokens.clone();
        length = other.length;
        generated = other.generated;
    }

    /** How many of its tokens may come from the cache: what follows is needed for its output. */
    public int reusable() {
        int limit = Math.max(0, length - 1);
        return scores == null ? limit : Math.min(limit, scores.firstPosition());
    }

    /** Where others are likely to part from its prompt: at its last token, or where its scoring begins. */
    public int checkpoint() {
        return checkpoint;
    }

    /** Whether the output at a position is needed: to sample the next token, or to score a given one. */
    public boolean needsOutput(int position) {
        return position >= length - 1 || (scores != null && scores.needs(position));
    }

    /** How many of the next {@code count} pending tokens can be computed with {@code most} outputs to score by. */
    public int within(int count, int most) {
        return scores == null ? count : scores.within(sequence().length(), count, most);
    }

    /** Outputs among the next {@code count} pending tokens that something is scored by. */
    public int scored(int count) {
        return scores == null ? 0 : scores.outputs(sequence().length(), count);
    }

    /** How many of the likeliest tokens to report with each; at least one where completions are ranked. */
    public int topLogprobs() {
        int top = request().logprobs().top();
        return request().search() instanceof Search.BestOf ? Math.max(1, top) : top;
    }

    @Override
    public int generated() {
        return generated;
    }

    public int slot() {
        return slot;
    }

    /** Which came first, among completions in slots. */
    public long order() {
        return order;
    }

    /** Lets tokens be drafted for it. */
    public void speculate(Lookahead by) {
        lookahead = by;
    }

    @Override
    public @Nullable Lookahead lookahead() {
        return lookahead;
    }

    @Override
    public int draftable(int contextSize) {
        int maxTokens = request().limits().maxTokens();
        int left = maxTokens < 0 ? Integer.MAX_VALUE : maxTokens - generated;
        return Math.min(left, contextSize - length) - 1;
    }

    @Override
    public int[] roomFor(int draft) {
        if (length + draft > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + draft, tokens.length * 2));
        }
        return tokens;
    }

    @Override
    public void draft(int count) {
        assert length + count <= tokens.length;
        drafted = count;
    }

    @Override
    public int drafted() {
        return drafted;
    }

    @Override
    public int shifts() {
        return shifts;
    }

    public Sequence sequence() {
        Sequence held = sequence;
        if (held == null) {
            throw new IllegalStateException("a completion that is not in a slot has no sequence");
        }
        return held;
    }

    @Override
    public boolean isRunning() {
        return sequence != null;
    }

    /** Tokens that it and another begin with. */
    public int commonPrefix(Completion other) {
        int most = Math.min(length, other.length);
        int mismatch = Arrays.mismatch(tokens, 0, most, other.tokens, 0, most);
        return mismatch < 0 ? most : mismatch;
    }

    /** Tokens that its prompt and another's begin with. */
    public int promptCommonWith(Completion other) {
        return Math.min(commonPrefix(other), Math.min(promptLength, other.promptLength));
    }

    /** Tokens that are not in the KV cache yet. */
    public int pending() {
        return length - sequence().length();
    }

    /** True while more than the newest token is pending. */
    @Override
    public boolean isPrefilling() {
        return pending() > 1;
    }

    public void start(Sequence held, int slotIndex, long arrival, long now) {
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
            if (scores != null) {
                scores.start();
            }
        }
    }

    /** Leaves its slot, to be started again or closed; the caller releases the sequence. */
    public Sequence leave() {
        Sequence held = sequence();
        sequence = null;
        return held;
    }

    public void leaveSlot() {
        slot = NO_SLOT;
    }

    public void progress(long now) {
        if (request().output().progress() && index == 0 && generated == 0) {
            generation.send(new Event.Progress(promptLength, cached, sequence().length(), now - startedNanos));
        }
    }

    /** Takes the token that was sampled after all others. */
    public void sampled(int token, long now) {
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
    public @Nullable FinishReason write(int token, byte[] piece, @Nullable TokenLogprob logprob, int contextSize) {
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

    /** Forgets tokens in the middle, which the cache forgets too. */
    public void discard(int from, int count) {
        System.arraycopy(tokens, from + count, tokens, from, length - from - count);
        length -= count;
        truncated = true;
        shifts++;
        if (lookahead != null) {
            lookahead.reset();
        }
    }

    public void flush() {
        output.flush();
    }

    public void finish(FinishReason reason, long now) {
        if (group != null) {
            group.finish(reason, now);
            return;
        }
        output.finish();
        truncated |= reason == FinishReason.CONTEXT_FULL;
        generation.send(new Event.Finished(index, reason, output.stopped(), usage(), timings(now)));
    }

    public int cached() {
        return cached;
    }

    public Timings timings(long now) {
        long start = started ? startedNanos : now;
        long first = firstTokenNanos == 0 ? now : firstTokenNanos;
        return new Timings(start - generation.submittedNanos(), first - start, Math.max(lastTokenNanos, first) - first);
    }

    private Usage usage() {
        Lookahead ahead = lookahead;
        return ahead == null
                ? new Usage(promptLength, cached, generated, truncated)
                : new Usage(promptLength, cached, generated, truncated, ahead.drafted(), ahead.accepted());
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        chain.close();
        if (grammar != null) {
            grammar.close();
        }
        if (media != null) {
            media.close();
        }
        releaseAdapters.accept(adapters);
    }
}
