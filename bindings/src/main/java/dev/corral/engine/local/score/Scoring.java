package dev.corral.engine.local.score;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.adapter.Adapters;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.schedule.Scheduler;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

/**
 * One {@link ScorePlan} on its way through the scheduler. Its runs are ordinary completions, a few of them at a time, so
 * that a long list of texts is as fair to others as a few requests are.
 *
 * <p>Any thread may wait; everything else happens on the engine thread.
 */
final class Scoring {

    private static final long NO_ID = 0;

    private final List<ScorePlan.Run> runs;
    private final Generate.Schedule schedule;
    private final String partition;
    private final int atOnce;
    private final ScoreTexts texts;
    private final Executor engineThread;
    private final Scheduler scheduler;
    private final Adapters adapters;
    private final long begun = System.nanoTime();
    private final Set<LocalGeneration> running = new HashSet<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private int next;

    /** @param atOnce the most runs that are in the scheduler at a time */
    Scoring(
            ScorePlan plan,
            Generate.Schedule schedule,
            String partition,
            int atOnce,
            ScoreTexts texts,
            Executor engineThread,
            Scheduler scheduler,
            Adapters adapters) {
        this.runs = plan.runs();
        this.schedule = schedule;
        this.partition = partition;
        this.atOnce = atOnce;
        this.texts = texts;
        this.engineThread = engineThread;
        this.scheduler = scheduler;
        this.adapters = adapters;
    }

    /** Begins. Must be called while the engine thread runs. */
    void start() {
        engineThread.execute(this::feed);
    }

    /** Ends what runs, and begins nothing more. */
    void cancel() {
        engineThread.execute(() -> end(new EngineError.Closed()));
    }

    /**
     * Waits for the end.
     *
     * @throws EngineException when a run failed
     */
    void await() throws InterruptedException {
        try {
            done.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    private void feed() {
        while (!done.isDone() && next < runs.size() && running.size() < atOnce) {
            LocalGeneration generation =
                    new LocalGeneration(NO_ID, request(), _ -> {}, ended -> engineThread.execute(() -> ended(ended)));
            running.add(generation);
            Completion completion = texts.completion(generation, runs.get(next++));
            completion.computeWith(adapters.acquire(Optional.empty(), List.of()), adapters::release);
            scheduler.enqueue(completion);
        }
        if (running.isEmpty() && next == runs.size()) {
            done.complete(null);
        }
    }

    private Generate request() {
        Optional<Duration> left = schedule.deadline().map(deadline -> deadline.minusNanos(System.nanoTime() - begun));
        return Generate.of(Prompt.tokens())
                .with(Sampling.greedySampling())
                .with(Limits.tokens(0))
                .with(Generate.Cache.REUSE.in(partition))
                .with(new Generate.Schedule(schedule.priority(), schedule.key(), left));
    }

    private void ended(LocalGeneration generation) {
        running.remove(generation);
        EngineError failure = generation.failure();
        if (failure != null) {
            end(failure);
        } else {
            feed();
        }
    }

    private void end(EngineError error) {
        if (done.completeExceptionally(new EngineException(error))) {
            long now = System.nanoTime();
            List.copyOf(running).forEach(generation -> scheduler.cancel(generation, now));
        }
    }
}
