package dev.corral.server.worker;

import dev.corral.engine.Ending;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.worker.wire.MessageTooLarge;
import dev.corral.server.worker.wire.Outbox;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a worker does: obeys commands, one after the other, and passes on what its engine says. Events gather while the
 * engine computes a step, and leave in one frame when it has; what other threads say leaves at once.
 */
final class EngineHost {

    private static final System.Logger LOG = System.getLogger(EngineHost.class.getName());
    private static final long STATS_NANOS = 50_000_000;

    private final Outbox<Notice> outbox;
    private final Map<Long, Run> runs = new ConcurrentHashMap<>();
    private final Map<Long, Thread> questions = new ConcurrentHashMap<>();
    private volatile @Nullable LocalEngine engine;
    private volatile @Nullable Thread stepping;
    private volatile boolean someEnded;
    private @Nullable EngineStats sentStats;
    private long sentNanos;

    EngineHost(Outbox<Notice> outbox) {
        this.outbox = outbox;
    }

    /** The reader's. */
    void obey(Command command) {
        switch (command) {
            case Command.Open open -> open(open);
            case Command.Submit(long id, Generate request) -> submit(id, request);
            case Command.Cancel(long id) -> cancel(id);
            case Command.Ask(long id, Query<?> query) -> ask(id, query);
            case Command.GiveUp(long id) -> giveUp(id);
            case Command.Close _ -> close();
        }
    }

    private void open(Command.Open command) {
        WorkerLog.write(command.detail());
        Thread.ofPlatform().name("corral-load").start(() -> load(command.options()));
    }

    private void load(LocalEngineOptions options) {
        try {
            LocalEngine loaded = LocalEngine.open(options, new LoadProgress());
            engine = loaded;
            new TextWatch(loaded::longestTextWork, TextWatch.configuredLimit()).start();
            loaded.afterSteps(() -> stepped(loaded));
            say(new Notice.Loaded(loaded.model(), loaded.stats()));
        } catch (RuntimeException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "the model can't be loaded", e);
            say(new Notice.LoadFailed(LoadFailure.of(e)));
        }
    }

    /** Tells of each percent once. */
    private final class LoadProgress implements DoubleConsumer {
        private int percent = -1;

        @Override
        public void accept(double done) {
            int now = (int) (done * 100);
            if (now > percent) {
                percent = now;
                say(new Notice.Loading(done));
            }
        }
    }

    /** One generation: passes its events on, and knows when the last one was. */
    private final class Run implements Consumer<Event> {
        private final long id;
        private final Ending ending;
        private @Nullable Runnable cancel;

        Run(long id, int completions) {
            this.id = id;
            this.ending = new Ending(completions);
        }

        @Override
        public void accept(Event event) {
            if (ending.isReachedBy(event)) {
                runs.remove(id);
                someEnded = true;
            }
            try {
                outbox.add(new Notice.Happened(id, event));
            } catch (MessageTooLarge e) {
                EngineError error = new EngineError.Internal("an event is too long: " + e.getMessage());
                outbox.add(new Notice.Happened(id, new Event.Failed(error)));
            }
            if (Thread.currentThread() != stepping) {
                drain();
            }
        }
    }

    private void submit(long id, Generate request) {
        Run run = new Run(id, request.completions());
        runs.put(id, run);
        try {
            run.cancel = opened().submit(id, request, run);
        } catch (EngineException e) {
            runs.remove(id);
            say(new Notice.Declined(id, e.error()));
        }
    }

    private void cancel(long id) {
        @Nullable Run run = runs.get(id);
        if (run != null && run.cancel != null) {
            run.cancel.run();
        }
    }

    private void ask(long id, Query<?> query) {
        Engine asked = opened();
        Thread thread = Thread.ofVirtual().name("question").unstarted(() -> answer(asked, id, query));
        questions.put(id, thread);
        thread.start();
    }

    /** Only one of answering and giving up takes the question, so no thread is interrupted while it writes. */
    private void answer(Engine asked, long id, Query<?> query) {
        Notice notice;
        try {
            notice = new Notice.Answered(id, asked.ask(query));
        } catch (InterruptedException e) {
            return;
        } catch (EngineException e) {
            notice = new Notice.Refused(id, e.error());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a question could not be answered", e);
            notice = new Notice.Refused(id, new EngineError.Internal("the engine failed at this question"));
        }
        if (questions.remove(id) != null) {
            try {
                say(notice);
            } catch (MessageTooLarge e) {
                say(new Notice.Refused(id, new EngineError.Internal("the answer is too long: " + e.getMessage())));
            }
        }
    }

    private void giveUp(long id) {
        @Nullable Thread thread = questions.remove(id);
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void close() {
        @Nullable LocalEngine open = engine;
        if (open == null) {
            Runtime.getRuntime().halt(WorkerMain.AS_TOLD);
        } else {
            Thread.ofPlatform().name("corral-unload").start(() -> {
                open.close();
                Runtime.getRuntime().halt(WorkerMain.AS_TOLD);
            });
        }
    }

    private LocalEngine opened() {
        @Nullable LocalEngine open = engine;
        if (open == null) {
            throw new IllegalStateException("a request came before its model");
        }
        return open;
    }

    /** The engine thread's, after each step. */
    private void stepped(LocalEngine loaded) {
        stepping = Thread.currentThread();
        EngineStats now = loaded.stats();
        if (!now.equals(sentStats) && isDue(now)) {
            sentStats = now;
            sentNanos = System.nanoTime();
            someEnded = false;
            outbox.add(new Notice.Measured(now));
        }
        drain();
    }

    private boolean isDue(EngineStats now) {
        return someEnded || now.running() + now.queued() == 0 || System.nanoTime() - sentNanos >= STATS_NANOS;
    }

    private void say(Notice notice) {
        outbox.add(notice);
        drain();
    }

    private void drain() {
        try {
            outbox.drain();
        } catch (IOException e) {
            Runtime.getRuntime().halt(WorkerMain.AS_TOLD); // nobody is left to hear
        }
    }
}
