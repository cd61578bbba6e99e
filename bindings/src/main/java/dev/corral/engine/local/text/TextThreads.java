package dev.corral.engine.local.text;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Threads for native work on text: tokenizing, templates, grammars. Their stacks are large because llama.cpp recurses
 * once for each letter of an unbroken run with some tokenizers, and once for each level of a grammar; a thread's stack
 * takes memory only as far as it was used.
 *
 * <p>Native work can't be interrupted. With {@link #abandonAfter a limit}, work that takes longer is given up: whoever waits
 * for it is told, and another thread takes the place of its own until it ends after all.
 *
 * <p>Thread-safe. {@link #close} waits for what is running, but for what was given up.
 */
public final class TextThreads implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(TextThreads.class.getName());
    private static final long STACK_BYTES = 256L << 20;

    /** How many threads are replaced; who hangs more of them stops all work on text. */
    private static final int MOST_ABANDONED = 16;

    private static final int LOOKS = 10;

    private final int count;
    private final ThreadPoolExecutor executor;
    private final Map<Thread, Consumer<EngineException>> waiting = new ConcurrentHashMap<>();
    private final Map<Thread, Work> timed = new ConcurrentHashMap<>();
    private final AtomicInteger abandoned = new AtomicInteger();

    /** @param late told that the work is given up */
    private record Work(long begun, Consumer<EngineException> late) {}

    public TextThreads(String name, int count) {
        this.count = count;
        executor = new ThreadPoolExecutor(
                count, count, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(name, task));
        executor.allowCoreThreadTimeOut(true);
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(null, task, name, STACK_BYTES);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Runs a task some time.
     *
     * @param late told when the task is given up
     * @throws java.util.concurrent.RejectedExecutionException after {@link #close}
     */
    public void execute(Runnable task, Consumer<EngineException> late) {
        executor.execute(() -> {
            waiting.put(Thread.currentThread(), late);
            try {
                task.run();
            } finally {
                waiting.remove(Thread.currentThread());
            }
        });
    }

    /** Runs a task and waits for its result; what it throws unchecked is thrown here. */
    public <T> T call(Callable<T> task) throws InterruptedException {
        CompletableFuture<T> result = new CompletableFuture<>();
        execute(() -> complete(result, task), result::completeExceptionally);
        try {
            return result.get();
        } catch (InterruptedException e) {
            result.cancel(false);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static <T> void complete(CompletableFuture<T> result, Callable<T> task) {
        if (result.isDone()) {
            return; // nobody waits any more
        }
        try {
            result.complete(task.call());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    /** Runs native work on the caller's thread, one of these, and counts its time in {@link #longestNanos}. */
    public <T> T timed(Supplier<T> work) {
        Thread here = Thread.currentThread();
        Work begun = new Work(System.nanoTime(), waiting.getOrDefault(here, _ -> {}));
        timed.put(here, begun);
        try {
            return work.get();
        } finally {
            if (!timed.remove(here, begun)) {
                abandoned.decrementAndGet();
                replaceAbandoned();
            }
        }
    }

    /** For how long the longest of what is {@linkplain #timed timed} has been running by now; 0 when nothing is. */
    public long longestNanos() {
        long now = System.nanoTime();
        return timed.values().stream()
                .mapToLong(work -> now - work.begun())
                .max()
                .orElse(0);
    }

    /** From now on, gives up timed work that takes longer. */
    public void abandonAfter(Duration limit) {
        Thread.ofPlatform().daemon().name("corral-text-watch").start(() -> {
            try {
                while (!executor.isTerminated()) {
                    Thread.sleep(limit.dividedBy(LOOKS));
                    long now = System.nanoTime();
                    timed.forEach((thread, work) -> {
                        if (now - work.begun() > limit.toNanos() && timed.remove(thread, work)) {
                            abandon(work, limit);
                        }
                    });
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void abandon(Work work, Duration limit) {
        int now = abandoned.incrementAndGet();
        replaceAbandoned();
        LOG.log(
                System.Logger.Level.ERROR,
                "a tokenizer, chat template or grammar did not end within {0} ms and is left to itself; {1} of them are by now",
                Long.toString(limit.toMillis()),
                Integer.toString(now));
        work.late().accept(new EngineException(new EngineError.DeadlineExceeded(limit)));
    }

    private synchronized void replaceAbandoned() {
        int size = count + Math.min(abandoned.get(), MOST_ABANDONED);
        executor.setCorePoolSize(Math.min(size, executor.getMaximumPoolSize()));
        executor.setMaximumPoolSize(size);
        executor.setCorePoolSize(size);
    }

    /** Whether work that was given up still runs: what it uses must not be freed. */
    public boolean hasAbandoned() {
        return abandoned.get() > 0;
    }

    @Override
    public void close() {
        executor.shutdown();
        try {
            while (!executor.awaitTermination(10, TimeUnit.MILLISECONDS)) {
                if (hasAbandoned() && executor.getActiveCount() <= abandoned.get()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            executor.close();
        }
    }
}
