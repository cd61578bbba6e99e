package dev.corral.engine.local;

import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Logprobs;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.adapter.Adapters;
import dev.corral.engine.local.beam.BeamGroup;
import dev.corral.engine.local.beam.BeamOptions;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.measure.PrefillPacer;
import dev.corral.engine.local.sampling.Grammars;
import dev.corral.engine.local.schedule.Plan;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.engine.local.score.PromptScorer;
import dev.corral.engine.local.speculation.Speculator;
import dev.corral.engine.local.text.Pieces;
import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.SamplingRows;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of all running completions: admit, draft, plan, decode, sample, emit.
 *
 * <p>Ownership: of the batch and of what samples its rows. Not thread-safe; the engine thread's.
 */
final class Step implements AutoCloseable {

    private final Context context;
    private final Vocabulary vocabulary;
    private final Scheduler scheduler;
    private final KvCache cache;
    private final Adapters adapters;
    private final Speculator speculator;
    private final @Nullable MediaStep media;
    private final PrefillPacer pacer;
    private final Counters counters;
    private final Pieces pieces;
    private final Plan plan;
    private final Batch batch;
    private final SamplingRows rows;
    private final PromptScorer scorer;
    private final BeamOptions beamOptions;
    private final List<BeamGroup> beams = new ArrayList<>();
    private final List<Completion> sampling = new ArrayList<>();
    private final DraftRows drafts;

    /** @param slots how many completions run at once */
    Step(
            Context context,
            Vocabulary vocabulary,
            Scheduler scheduler,
            KvCache cache,
            Adapters adapters,
            Speculator speculator,
            @Nullable MediaStep media,
            PrefillPacer pacer,
            Counters counters,
            int slots) {
        this.context = context;
        this.vocabulary = vocabulary;
        this.scheduler = scheduler;
        this.cache = cache;
        this.adapters = adapters;
        this.speculator = speculator;
        this.media = media;
        this.pacer = pacer;
        this.counters = counters;
        this.pieces = new Pieces(vocabulary);
        this.plan = new Plan(slots);
        this.batch = new Batch(context.batchSize());
        this.scorer = new PromptScorer(pieces);
        this.beamOptions = new BeamOptions(pieces);
        this.rows = new SamplingRows(slots + Speculator.MAX_ROWS, (int) Logprobs.TOP.max());
        this.drafts = new DraftRows(rows, slots);
    }

    /** Computes the next step of every running completion. */
    void run() {
        long now = System.nanoTime();
        scheduler.expire(now);
        scheduler.admit(now);
        if (media != null) {
            media.run();
        }
        speculator.draft(
                scheduler.runningCompletions(), Math.min(cache.spareCells(), batch.capacity()) - scheduler.running());
        scheduler.plan(plan);
        if (decode()) {
            sample();
            emit();
            speculator.stepped(System.nanoTime() - now);
        }
    }

    private boolean decode() {
        while (!plan.isEmpty()) {
            long begun = System.nanoTime();
            fillBatch();
            adapters.apply(plan.completion(0).adapters());
            DecodeResult result = context.decode(batch);
            if (result == DecodeResult.DECODED) {
                measure(System.nanoTime() - begun);
                return true;
            }
            if (!cache.evictOne()) {
                scheduler.preemptYoungest();
            }
            scheduler.plan(plan);
        }
        return false;
    }

    private void fillBatch() {
        batch.clear();
        for (int i = 0; i < plan.size(); i++) {
            Completion completion = plan.completion(i);
            int[] tokens = completion.tokens();
            int sequence = completion.sequence().id();
            int from = completion.sequence().length();
            int to = from + plan.count(i);
            int offset = completion.sequence().position() - from;
            for (int place = from; place < to; place++) {
                batch.add(tokens[place], place + offset, sequence, completion.needsOutput(place));
            }
        }
    }

    private void measure(long nanos) {
        int generation = 0;
        int prompt = 0;
        int drafted = 0;
        for (int i = 0; i < plan.size(); i++) {
            drafted += plan.completion(i).drafted();
            if (plan.count(i) == 1 + plan.completion(i).drafted()
                    && plan.completion(i).generated() > 0) {
                generation++;
            } else {
                prompt += plan.count(i);
            }
        }
        if (drafted == 0) {
            pacer.measured(generation, prompt, nanos);
        }
        counters.stepped(plan.size(), prompt, nanos);
    }

    private void sample() {
        List<Completion> unscorable = scorer.score(plan, context);
        scheduler.decoded(plan);
        for (Completion completion : unscorable) {
            scheduler.fail(completion.generation(), new EngineError.Internal("the model's logits are not finite"));
        }
        drafts.clear();
        sampling.clear();
        long now = System.nanoTime();
        int output = -1;
        for (int i = 0; i < plan.size(); i++) {
            output += plan.count(i);
            Completion completion = plan.completion(i);
            if (completion.isClosed()) {
                continue;
            }
            completion.progress(now);
            if (completion.pending() > 0) {
                continue;
            }
            if (completion.request().limits().maxTokens() == 0) {
                scheduler.finish(completion, FinishReason.LIMIT, now);
            } else if (completion.group() instanceof BeamGroup beam) {
                offer(completion, beam, output);
            } else {
                drafts.add(completion, output - completion.drafted());
                sampling.add(completion);
            }
        }
        drafts.sample(context);
        advanceBeams();
    }

    private void offer(Completion completion, BeamGroup group, int output) {
        beamOptions
                .of(completion, group, output, group.considered(), context)
                .ifPresentOrElse(
                        options -> {
                            if (group.offer(completion, options)) {
                                beams.add(group);
                            }
                        },
                        () -> scheduler.fail(
                                completion.generation(),
                                new EngineError.Internal("the model's logits are not finite")));
    }

    private void advanceBeams() {
        long now = System.nanoTime();
        for (BeamGroup group : beams) {
            counters.generated(group.members().size());
            if (!group.advance(cache, now)) {
                scheduler.finish(group.leader(), FinishReason.LIMIT, now);
            }
        }
        beams.clear();
    }

    private void emit() {
        long now = System.nanoTime();
        for (int i = 0; i < sampling.size(); i++) {
            if (!sampling.get(i).isClosed()) {
                emit(sampling.get(i), i, now);
            }
        }
    }

    /** Emits the tokens of a completion's rows: those that its draft foresaw, and one more. */
    private void emit(Completion completion, int index, long now) {
        int count = drafts.count(index);
        for (int nth = 0; nth < count; nth++) {
            int row = drafts.row(index, nth);
            if (rows.failed(row)) {
                verified(completion, nth, false);
                scheduler.fail(completion.generation(), Grammars.failure(rows.failure(row), completion.request()));
                return;
            }
            int token = rows.token(row);
            completion.sampled(token, now);
            counters.generated(1);
            @Nullable
            FinishReason reason = vocabulary.isEndOfGeneration(token)
                    ? completion.answer().writeEnd(token, shown(completion, token), logprob(completion, row, token))
                    : completion.write(
                            token,
                            shown(completion, token),
                            logprob(completion, row, token),
                            context.sequenceContextSize());
            if (reason != null || nth == count - 1) {
                verified(completion, nth, reason != null);
                if (reason == null || (reason == FinishReason.CONTEXT_FULL && scheduler.shiftContext(completion))) {
                    completion.answer().flush();
                } else {
                    scheduler.finish(completion, reason, now);
                }
                return;
            }
        }
    }

    private byte[] shown(Completion completion, int token) {
        return pieces.shown(token, completion.request().output());
    }

    /** The first {@code accepted} tokens of its draft, if it had one, are output. */
    private void verified(Completion completion, int accepted, boolean ended) {
        if (completion.drafted() > 0) {
            speculator.verified(completion, accepted, ended);
            scheduler.settle(completion, accepted);
        }
    }

    private @Nullable TokenLogprob logprob(Completion completion, int row, int token) {
        if (completion.topLogprobs() == 0) {
            return null;
        }
        List<TokenLogprob> top = new ArrayList<>(rows.topCount(row));
        for (int i = 0; i < rows.topCount(row); i++) {
            int id = rows.topToken(row, i);
            top.add(new TokenLogprob(id, pieces.bytes(id), rows.topLogprob(row, i), List.of()));
        }
        return new TokenLogprob(token, pieces.bytes(token), rows.logprob(row), top);
    }

    @Override
    public void close() {
        rows.close();
        scorer.close();
        beamOptions.close();
        batch.close();
    }
}
