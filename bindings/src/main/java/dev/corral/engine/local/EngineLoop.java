package dev.corral.engine.local;

import dev.corral.engine.EngineError;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.embedding.Embedder;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.measure.PrefillPacer;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.engine.local.speculation.Speculator;
import dev.corral.llama.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine thread: the only one that touches the context. It repeats a {@link Step} while there is work and sleeps
 * otherwise; other threads {@link #post} it commands, which run between steps.
 */
final class EngineLoop implements Runnable {

    private static final System.Logger LOG = System.getLogger(EngineLoop.class.getName());
    private static final long STACK_BYTES = 64L << 20;

    private final Context context;
    private final Step step;
    private final Scheduler scheduler;
    private final KvCache cache;
    private final Speculator speculator;
    private final Embedder embedder;
    private final PrefillPacer pacer;
    private final Counters counters;
    private final Inbox inbox;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean stopping;
    private volatile Runnable afterStep = () -> {};

    EngineLoop(
            String name,
            Inbox inbox,
            Context context,
            Step step,
            Scheduler scheduler,
            KvCache cache,
            Speculator speculator,
            Embedder embedder,
            PrefillPacer pacer,
            Counters counters) {
        this.inbox = inbox;
        this.context = context;
        this.step = step;
        this.scheduler = scheduler;
        this.cache = cache;
        this.speculator = speculator;
        this.embedder = embedder;
        this.pacer = pacer;
        this.counters = counters;
        this.thread = new Thread(null, this, name, STACK_BYTES);
        thread.setDaemon(true);
        inbox.readBy(thread);
    }

    /** Takes the context from the calling thread. */
    void start() {
        context.handTo(thread);
        speculator.handTo(thread);
        thread.start();
    }

    /** Warms the context up on the engine thread, and waits for that. */
    void warmUp() {
        ask(() -> {
                    WarmUp.run(context);
                    return true;
                })
                .join();
    }

    /** Runs a command on the engine thread, before its next step. Any thread may call it. */
    void post(Runnable command) {
        inbox.post(command);
    }

    /** Runs a question on the engine thread, before its next step. Any thread may ask. */
    <T> CompletableFuture<T> ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        post(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            } catch (Error e) {
                answer.completeExceptionally(e);
                throw e; // it is a fault of this thread, too
            }
        });
        return answer;
    }

    /** Like {@link #ask}, waiting for the answer. */
    <T> T call(Supplier<T> question) throws InterruptedException {
        try {
            return ask(question).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
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
                try {
                    turn();
                } catch (Throwable e) { // nobody else would end what waits for this thread
                    recover(e);
                }
            }
            runCommands();
            scheduler.shutDown();
            embedder.failAll(new EngineError.Closed());
        } finally {
            embedder.close();
            step.close();
            speculator.close();
            context.close();
            stopped.countDown();
        }
    }

    private void turn() {
        runCommands();
        if (scheduler.isIdle() && embedder.isIdle()) {
            LockSupport.park(this);
        } else {
            long begun = System.nanoTime();
            stepOrFail();
            if (!embedder.isIdle()) {
                embedder.step(scheduler.isStreaming(), System.nanoTime() - begun);
                publish();
            }
        }
    }

    /** Ends everything with an error, as nobody knows what the fault left half done, and passes that on. */
    private void recover(Throwable fault) {
        LOG.log(System.Logger.Level.ERROR, "the engine's thread met a fault; all requests end", fault);
        EngineError error = new EngineError.Internal("the engine failed while this request was in it");
        scheduler.failAll(error);
        embedder.failAll(error);
        speculator.clear();
        publish();
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
        if (scheduler.isIdle()) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a step failed; its requests end and the KV cache is cleared", e);
            scheduler.failAll(new EngineError.Internal("the engine failed while computing this request"));
            speculator.clear();
        }
        publish();
    }

    private void publish() {
        counters.publish(scheduler.waiting(), scheduler.running(), cache.usedCells(), pacer.chunk(), cache.stats());
        afterStep.run();
    }
}
