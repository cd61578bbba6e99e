package dev.corral.engine.local.completion;

import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Search;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.adapter.AppliedAdapters;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.cache.Sequence;
import dev.corral.engine.local.media.PromptMedia;
import dev.corral.engine.local.speculation.Draftable;
import dev.corral.engine.local.speculation.Lookahead;
import dev.corral.llama.Grammar;
import dev.corral.llama.SamplerChain;
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

    private static final int NO_SLOT = -1;

    private final LocalGeneration generation;
    private final SamplerChain chain;
    private final @Nullable Grammar grammar;
    private final Answer answer;
    private final PromptReading prompt;
    private final @Nullable CompletionGroup group;
    private int[] tokens;
    private int length;

    private AppliedAdapters adapters = AppliedAdapters.NONE;
    private Consumer<AppliedAdapters> releaseAdapters = _ -> {};
    private PrefixSpace space = PrefixSpace.SHARED;
    private @Nullable Sequence sequence;
    private int slot = NO_SLOT;
    private boolean closed;
    private @Nullable Lookahead lookahead;
    private int drafted;
    private int shifts;

    public Completion(
            LocalGeneration generation,
            int index,
            int[] promptTokens,
            SamplerChain chain,
            @Nullable Grammar grammar,
            Output output,
            TokenScores scores,
            @Nullable CompletionGroup group) {
        this.generation = generation;
        this.chain = chain;
        this.grammar = grammar;
        this.answer = new Answer(generation, index, promptTokens.length, output);
        this.prompt = new PromptReading(promptTokens.length, scores);
        this.group = group;
        // all of a group but the first begin as copies of it, once it has read the prompt
        this.length = group == null || index == 0 ? promptTokens.length : 0;
        this.tokens = Arrays.copyOf(promptTokens, promptTokens.length + 64);
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
        prompt.show(shown);
    }

    /** Pending tokens before the next image or sound; many when none is pending, 0 when one is next. */
    public int untilMedia() {
        int next = prompt.nextMedia(sequence().length());
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

    /** How its prompt is read. */
    public PromptReading prompt() {
        return prompt;
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
        answer.becomeCopyOf(other.answer);
    }

    /** How many of its tokens may come from the cache: what follows is needed for its output. */
    public int reusable() {
        return Math.min(Math.max(0, length - 1), prompt.scores().firstPosition());
    }

    /** Whether the output at a position is needed: to sample the next token, or to score a given one. */
    public boolean needsOutput(int position) {
        return position >= length - 1 || prompt.scores().needs(position);
    }

    /** How many of the next {@code count} pending tokens can be computed with {@code most} outputs to score by. */
    public int within(int count, int most) {
        return prompt.scores().within(sequence().length(), count, most);
    }

    /** Outputs among the next {@code count} pending tokens that something is scored by. */
    public int scored(int count) {
        return prompt.scores().outputs(sequence().length(), count);
    }

    /** How many of the likeliest tokens to report with each; at least one where completions are ranked. */
    public int topLogprobs() {
        int top = request().logprobs().top();
        return request().search() instanceof Search.BestOf ? Math.max(1, top) : top;
    }

    @Override
    public int generated() {
        return answer.generated();
    }

    /** What it tells its reader. */
    public Answer answer() {
        return answer;
    }

    /** The slot that it runs in. */
    public int slot() {
        return slot;
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
        int left = maxTokens < 0 ? Integer.MAX_VALUE : maxTokens - generated();
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
        return Math.min(commonPrefix(other), Math.min(prompt.length(), other.prompt.length()));
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

    /** Enters a slot, with a sequence that holds the first of its tokens. */
    public void start(Sequence held, int slotIndex, long now) {
        sequence = held;
        slot = slotIndex;
        if (answer.start(slotIndex, held.length(), now)) {
            prompt.scores().start();
        }
    }

    /** Leaves its slot, to be started again or closed; the caller releases the sequence. */
    public Sequence leave() {
        Sequence held = sequence();
        sequence = null;
        slot = NO_SLOT;
        return held;
    }

    public void progress(long now) {
        answer.progress(sequence().length(), now);
    }

    /** Takes the token that was sampled after all others. */
    public void sampled(int token, long now) {
        answer.sampled(now);
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        tokens[length++] = token;
    }

    /** Adds the sampled token to the answer; says why that ends it, or {@code null} when it goes on. */
    public @Nullable FinishReason write(int token, byte[] piece, @Nullable TokenLogprob logprob, int contextSize) {
        @Nullable FinishReason reason = answer.write(token, piece, logprob);
        return reason == null && length >= contextSize ? FinishReason.CONTEXT_FULL : reason;
    }

    /** Forgets tokens in the middle, which the cache forgets too. */
    public void discard(int from, int count) {
        System.arraycopy(tokens, from + count, tokens, from, length - from - count);
        length -= count;
        answer.truncate();
        shifts++;
        if (lookahead != null) {
            lookahead.reset();
        }
    }

    /** Ends its answer, or that of its group. */
    public void finish(FinishReason reason, long now) {
        if (group == null) {
            answer.finish(reason, lookahead, now);
        } else {
            group.finish(reason, now);
        }
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
        prompt.close();
        releaseAdapters.accept(adapters);
    }
}
