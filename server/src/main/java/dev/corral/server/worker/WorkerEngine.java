package dev.corral.server.worker;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.options.LocalEngineOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;

/**
 * An engine whose model runs in a process of its own, so that a native fault ends nothing but that process. What was in it
 * fails with {@link EngineError.EngineDied}; another one is started, later and later if they keep dying, and until it is
 * ready requests fail with {@link EngineError.Restarting}. A request that was there at two deaths is not run again.
 *
 * <p>Ownership: closing it ends the process, and with it all the memory of the model. If this JVM ends, however it does, the
 * worker ends, too.
 *
 * <p>Thread-safe.
 */
public final class WorkerEngine implements Engine {

    private static final System.Logger LOG = System.getLogger(WorkerEngine.class.getName());
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

    private final LocalEngineOptions options;
    private final Suspects suspects;
    private final RestartDelay delay = new RestartDelay();
    private final AtomicLong ids = new AtomicLong();
    private final ModelInfo model;
    private final Thread supervisor;
    private volatile WorkerLink link;
    private volatile boolean closed;

    private WorkerEngine(LocalEngineOptions options, Suspects suspects, WorkerLink link, ModelInfo model) {
        this.options = options;
        this.suspects = suspects;
        this.link = link;
        this.model = model;
        this.supervisor = Thread.ofPlatform()
                .daemon()
                .name("corral-supervisor-" + options.name())
                .unstarted(this::supervise);
    }

    /** Starts a worker and loads a model in it, blocking until it can answer. */
    public static WorkerEngine open(LocalEngineOptions options, DoubleConsumer progress) throws InterruptedException {
        return open(WorkerProcess.start(), options, progress);
    }

    /**
     * Loads a model in a process that was started before; it belongs to the engine from here on.
     *
     * @param progress told how much is loaded, from 0 to 1, on the calling thread
     * @throws RuntimeException what {@link dev.corral.engine.local.LocalEngine#open} would throw, or {@link
     *     IllegalStateException} when the worker died
     */
    public static WorkerEngine open(WorkerProcess process, LocalEngineOptions options, DoubleConsumer progress)
            throws InterruptedException {
        Suspects suspects = new Suspects();
        boolean opened = false;
        try {
            WorkerLink link = WorkerLink.to(process, suspects);
            WorkerEngine engine = new WorkerEngine(options, suspects, link, link.load(options, progress));
            engine.delay.loaded();
            engine.supervisor.start();
            opened = true;
            return engine;
        } finally {
            if (!opened) {
                process.close();
            }
        }
    }

    @Override
    public ModelInfo model() {
        return model;
    }

    @Override
    public EngineStats stats() {
        return link.stats();
    }

    @Override
    public boolean ready() {
        return !closed && !link.hasEnded();
    }

    /** The worker's process id; another one after each restart. */
    public long pid() {
        return link.process().pid();
    }

    /** Frames that the present worker has sent. */
    public long frames() {
        return link.frames();
    }

    /** Bytes of messages in them. */
    public long bytes() {
        return link.bytes();
    }

    @Override
    public Generation submit(Generate request) {
        WorkerLink current = requireLink();
        suspects.check(request);
        return current.submit(ids.incrementAndGet(), request);
    }

    @Override
    public <R extends Reply> R ask(Query<R> query) throws InterruptedException {
        WorkerLink current = requireLink();
        suspects.check(query);
        // the engine answers each query with its own type of reply
        @SuppressWarnings("unchecked")
        R reply = (R) current.ask(ids.incrementAndGet(), query);
        return reply;
    }

    private WorkerLink requireLink() {
        if (closed) {
            throw new EngineException(new EngineError.Closed());
        }
        WorkerLink current = link;
        if (current.hasEnded()) {
            throw new EngineException(new EngineError.Restarting(delay.untilLoaded()));
        }
        return current;
    }

    private void supervise() {
        try {
            while (!closed) {
                WorkerLink current = link;
                current.awaitEnd();
                if (!closed) {
                    mournOrGoOn(current);
                    restart();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without this thread no other worker would come. */
    private void mournOrGoOn(WorkerLink dead) throws InterruptedException {
        try {
            mourn(dead);
        } catch (OutOfMemoryError e) {
            LOG.log(System.Logger.Level.ERROR, "the worker of {0} died, and memory is short", options.name());
        }
    }

    private void mourn(WorkerLink dead) throws InterruptedException {
        delay.died();
        int present = dead.accuse();
        LOG.log(
                System.Logger.Level.ERROR,
                "the worker of {0} (process {1}) died, and {2} requests with it; another one is started in {3} ms. It {4}",
                options.name(),
                Long.toString(dead.process().pid()),
                Integer.toString(present),
                Long.toString(delay.next().toMillis()),
                dead.process().describeEnd());
    }

    private void restart() throws InterruptedException {
        while (!closed) {
            Thread.sleep(delay.next());
            delay.loading();
            try {
                WorkerLink fresh = load(WorkerProcess.start());
                delay.loaded();
                install(fresh);
                return;
            } catch (RuntimeException | OutOfMemoryError e) { // what takes the memory passes
                delay.died();
                LOG.log(
                        System.Logger.Level.ERROR,
                        "{0} can''t be loaded again, which is tried again in {1} ms: {2}",
                        options.name(),
                        Long.toString(delay.next().toMillis()),
                        e.getMessage());
            }
        }
    }

    private WorkerLink load(WorkerProcess process) throws InterruptedException {
        boolean loaded = false;
        try {
            WorkerLink fresh = WorkerLink.to(process, suspects);
            fresh.load(options, progress -> {});
            loaded = true;
            return fresh;
        } finally {
            if (!loaded) {
                process.close();
            }
        }
    }

    private synchronized void install(WorkerLink fresh) {
        if (closed) {
            fresh.close();
        } else {
            link = fresh;
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} is loaded again (process {1})",
                    options.name(),
                    Long.toString(fresh.process().pid()));
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        supervisor.interrupt();
        link.close();
        try {
            supervisor.join(LONGEST_CLOSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
