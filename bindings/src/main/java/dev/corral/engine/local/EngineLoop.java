package dev.corral.engine.local;

import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Logprobs;
import dev.corral.engine.TokenLogprob;
import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.SamplingRows;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The engine thread: the only one that touches the context. It repeats one step while there is work and sleeps
 * otherwise; other threads {@link #post} it commands, which run between steps.
 */
final class EngineLoop implements Runnable {

    private static final System.Logger LOG = System.getLogger(EngineLoop.class.getName());
    private static final long STACK_BYTES = 64L << 20;

    private final Context context;
    private final Vocabulary vocabulary;
    private final Scheduler scheduler;
    private final KvCache cache;
    private final PrefillPacer pacer;
    private final Counters counters;
    private final Pieces pieces;
    private final Plan plan;
    private final Batch batch;
    private final SamplingRows rows;
    private final List<Completion> sampling = new ArrayList<>();
    private final Inbox inbox;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean stopping;
    private volatile Runnable afterStep = () -> {};

    EngineLoop(
            String name,
            Inbox inbox,
            Context context,
            Vocabulary vocabulary,
            Scheduler scheduler,
            KvCache cache,
            PrefillPacer pacer,
            Counters counters,
            int slots) {
        this.inbox = inbox;
        this.context = context;
        this.vocabulary = vocabulary;
        this.scheduler = scheduler;
        this.cache = cache;
        this.pacer = pacer;
        this.counters = counters;
        this.pieces = new Pieces(vocabulary);
        this.plan = new Plan(slots);
        this.batch = new Batch(context.batchSize());
        this.rows = new SamplingRows(slots, (int) Logprobs.TOP.max());
        this.thread = new Thread(null, this, name, STACK_BYTES);
        thread.setDaemon(true);
        inbox.readBy(thread);
    }

    /** Takes the context from the calling thread. */
    void start() {
        context.handTo(thread);
        thread.start();
    }

    /**
     * Computes one token: the first decode allocates, and reads the weights. On the engine thread, as every decode: the
     * first thread to compute gets OpenMP's workers, and beside a second set of them both would sleep instead of spin.
     */
    void warmUp() {
        batch.clear();
        batch.add(vocabulary.bos().orElse(vocabulary.eos().orElse(0)), 0, 0, true);
        context.decode(batch);
        context.synchronize();
        context.memory().clear();
    }

    /** Runs a command on the engine thread, before its next step. Any thread may call it. */
    void post(Runnable command) {
        inbox.post(command);
    }

    /** Runs {@code action} on the engine thread after each step and command, when their events were sent. */
    void afterSteps(Runnable action) {
        afterStep = action;
    }

    /** Ends the thread; what runs or waits fails as closed. Returns when it has ended. */
    void stop() {
        stopping = true;
        inbox.wake();
        boolean interrupted = false;
        while (stopped.getCount() > 0) {
            try {
                stopped.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                runCommands();
                if (scheduler.isIdle()) {
                    LockSupport.park(this);
                } else {
                    stepOrFail();
                }
            }
            runCommands();
            scheduler.shutDown();
        } finally {
            rows.close();
            batch.close();
            context.close();
            stopped.countDown();
        }
    }

    private void runCommands() {
        @Nullable Runnable command;
        while ((command = inbox.poll()) != null) {
            publish();
            command.run();
            publish();
        }
    }

    private void stepOrFail() {
        try {
            step();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a step failed; its requests end and the KV cache is cleared", e);
            scheduler.failAll(new EngineError.Internal("the engine failed while computing this request"));
        }
        publish();
    }

    /** One step of every running completion. */
    private void step() {
        long now = System.nanoTime();
        scheduler.expire(now);
        scheduler.admit(now);
        scheduler.plan(plan);
        if (decode()) {
            sample();
            emit();
        }
    }

    private boolean decode() {
        while (!plan.isEmpty()) {
            long begun = System.nanoTime();
            fillBatch();
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
            for (int position = from; position < to; position++) {
                batch.add(tokens[position], position, sequence, position == completion.length() - 1);
            }
        }
    }

    private void measure(long nanos) {
        int generation = 0;
        int prompt = 0;
        for (int i = 0; i < plan.size(); i++) {
            if (plan.count(i) == 1 && plan.completion(i).generated() > 0) {
                generation++;
            } else {
                prompt += plan.count(i);
            }
        }
        pacer.measured(generation, prompt, nanos);
        counters.stepped(prompt, nanos);
    }

    private void sample() {
        scheduler.decoded(plan);
        rows.clear();
        sampling.clear();
        long now = System.nanoTime();
        int output = -1;
        for (int i = 0; i < plan.size(); i++) {
            output += plan.count(i);
            Completion completion = plan.completion(i);
            completion.progress(now);
            if (completion.pending() > 0) {
                continue;
            }
            if (completion.request().limits().maxTokens() == 0) {
                scheduler.finish(completion, FinishReason.LIMIT, now);
            } else {
                rows.add(
                        completion.chain(),
                        completion.grammar(),
                        output,
                        completion.request().logprobs().top(),
                        completion.request().logprobs().postSampling());
                sampling.add(completion);
            }
        }
        rows.sample(context);
    }

    private void emit() {
        long now = System.nanoTime();
        counters.generated(sampling.size());
        for (int row = 0; row < sampling.size(); row++) {
            Completion completion = sampling.get(row);
            if (completion.isClosed()) {
                continue;
            }
            if (rows.failed(row)) {
                scheduler.fail(completion.generation(), new EngineError.Internal(rows.message(row)));
                continue;
            }
            int token = rows.token(row);
            completion.sampled(token, now);
            @Nullable
            FinishReason reason = vocabulary.isEndOfGeneration(token)
                    ? FinishReason.END_OF_TEXT
                    : completion.write(
                            token,
                            pieces.shown(token, completion.request().output()),
                            logprob(completion, row, token),
                            context.sequenceContextSize());
            if (reason == FinishReason.CONTEXT_FULL && scheduler.shiftContext(completion)) {
                completion.flush();
            } else if (reason != null) {
                scheduler.finish(completion, reason, now);
            } else {
                completion.flush();
            }
        }
    }

    private @Nullable TokenLogprob logprob(Completion completion, int row, int token) {
        if (completion.request().logprobs().top() == 0) {
            return null;
        }
        List<TokenLogprob> top = new ArrayList<>(rows.topCount(row));
        for (int i = 0; i < rows.topCount(row); i++) {
            int id = rows.topToken(row, i);
            top.add(new TokenLogprob(id, pieces.bytes(id), rows.topLogprob(row, i), List.of()));
        }
        return new TokenLogprob(token, pieces.bytes(token), rows.logprob(row), top);
    }

    private void publish() {
        counters.publish(scheduler.waiting(), scheduler.running(), cache.usedCells(), pacer.chunk(), cache.stats());
        afterStep.run();
    }
}
