package dev.corral.engine.local;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Threads for native work on text: tokenizing, templates, grammars. Their stacks are large because llama.cpp recurses
 * once for each letter of an unbroken run with some tokenizers, and once for each level of a grammar; a thread's stack
 * takes memory only as far as it was used.
 *
 * <p>Thread-safe. {@link #close} waits for what is running.
 */
final class TextThreads implements AutoCloseable {

    private static final long STACK_BYTES = 256L << 20;

    private final ExecutorService executor;
    private final Map<Thread, Long> timed = new ConcurrentHashMap<>();

    TextThreads(String name, int count) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                count, count, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(name, task));
        pool.allowCoreThreadTimeOut(true);
        executor = pool;
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(null, task, name, STACK_BYTES);
        thread.setDaemon(true);
        return thread;
    }

    /** @throws java.util.concurrent.RejectedExecutionException after {@link #close} */
    void execute(Runnable task) {
        executor.execute(task);
    }

    /** Runs a task and waits for its result; what it throws unchecked is thrown here. */
    <T> T call(Callable<T> task) throws InterruptedException {
        Future<T> future = executor.submit(task);
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(false);
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

    /** Runs native work on the caller's thread, one of these, and counts its time in {@link #longestNanos}. */
    <T> T timed(Supplier<T> work) {
        timed.put(Thread.currentThread(), System.nanoTime());
        try {
            return work.get();
        } finally {
            timed.remove(Thread.currentThread());
        }
    }

    /** For how long the longest of what is {@linkplain #timed timed} has been running by now; 0 when nothing is. */
    long longestNanos() {
        long now = System.nanoTime();
        return timed.values().stream().mapToLong(begun -> now - begun).max().orElse(0);
    }

    @Override
    public void close() {
        executor.close();
    }
}
