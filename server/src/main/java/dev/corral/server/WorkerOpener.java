package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.worker.WorkerEngine;
import dev.corral.server.worker.WorkerProcess;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Loads a model in a worker, which starts while the command line is read and loads while the server starts to listen.
 *
 * <p>Used by the thread that starts the server, for one model; for others, {@link #ofSeveral} by any thread. A worker that was started for nothing ends with this process.
 */
final class WorkerOpener implements EngineOpener {

    private static final double END = 2;

    private final BlockingQueue<Double> progress = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable WorkerProcess> started = new AtomicReference<>();
    private @Nullable CompletableFuture<Engine> opening;

    /** Starts the worker's JVM. */
    void start() {
        started.set(WorkerProcess.start());
    }

    @Override
    public EngineOpener ofSeveral() {
        return (options, listener) -> WorkerEngine.open(worker(), options, listener);
    }

    /** The worker that was started, for the first who asks; others get one of their own. */
    private WorkerProcess worker() {
        WorkerProcess first = started.getAndSet(null);
        return first == null ? WorkerProcess.start() : first;
    }

    @Override
    public void prepare(LocalEngineOptions options) {
        opening = begin(options);
    }

    private CompletableFuture<Engine> begin(LocalEngineOptions options) {
        WorkerProcess worker = worker();
        return CompletableFuture.supplyAsync(
                () -> load(worker, options),
                task -> Thread.ofPlatform().daemon().name("corral-open").start(task));
    }

    private Engine load(WorkerProcess worker, LocalEngineOptions options) {
        try {
            return WorkerEngine.open(worker, options, progress::add);
        } catch (InterruptedException e) {
            throw new CompletionException(e);
        } finally {
            progress.add(END);
        }
    }

    @Override
    public Engine open(LocalEngineOptions options, DoubleConsumer listener) throws InterruptedException {
        CompletableFuture<Engine> loading = opening == null ? begin(options) : opening;
        for (double done = progress.take(); done < END; done = progress.take()) {
            listener.accept(done);
        }
        try {
            return loading.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
