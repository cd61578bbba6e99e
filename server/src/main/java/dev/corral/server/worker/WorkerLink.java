package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.worker.wire.FrameReader;
import dev.corral.server.worker.wire.MalformedFrame;
import dev.corral.server.worker.wire.MessageTooLarge;
import dev.corral.server.worker.wire.Outbox;
import dev.corral.server.worker.wire.WireInput;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One worker from its connection to its end. A thread of its own reads, and never waits for anything else; another one
 * writes, so that a caller who is interrupted does not close the channel.
 *
 * <p>Ownership: it owns the process. When it ends, everything that runs fails. Thread-safe.
 */
final class WorkerLink implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(WorkerLink.class.getName());

    /** How long a worker may take to unload its model. */
    private static final Duration LAST_STEPS = Duration.ofSeconds(5);

    private final WorkerProcess process;
    private final SocketChannel channel;
    private final Outstanding outstanding;
    private final Outbox<Command> outbox;
    private final BlockingQueue<Optional<Notice>> loading = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread writer;
    private volatile @Nullable EngineError end;
    private volatile @Nullable EngineStats stats;
    private volatile long frames;
    private volatile long bytes;

    private WorkerLink(WorkerProcess process, SocketChannel channel, Suspects suspects) {
        this.process = process;
        this.channel = channel;
        this.outstanding = new Outstanding(suspects);
        this.outbox = new Outbox<>(channel, Messages.COMMANDS);
        this.writer = Thread.ofPlatform().daemon().name("corral-worker-writer").unstarted(this::write);
    }

    /** Takes a process that is starting. */
    static WorkerLink to(WorkerProcess process, Suspects suspects) throws InterruptedException {
        WorkerLink link = new WorkerLink(process, process.connection(), suspects);
        link.writer.start();
        process.fault().thenAccept(_ -> link.end(new EngineError.EngineDied()));
        Thread.ofPlatform().daemon().name("corral-worker-reader").start(link::read);
        return link;
    }

    /** Loads the model. Throws what loading it in this process would throw; the worker then ends. */
    ModelInfo load(LocalEngineOptions options, DoubleConsumer progress) throws InterruptedException {
        boolean loaded = false;
        try {
            send(new Command.Open(options, WorkerLog.detail()));
            while (true) {
                Optional<Notice> next = loading.take();
                if (next.isEmpty()) {
                    throw new IllegalStateException(
                            "the worker died while it loaded the model: it " + process.describeEnd());
                }
                switch (next.get()) {
                    case Notice.Loading(double done) -> progress.accept(done);
                    case Notice.LoadFailed(LoadFailure failure) -> throw failure.toException();
                    case Notice.Loaded(ModelInfo model, EngineStats first) -> {
                        stats = first;
                        loaded = true;
                        return model;
                    }
                    case Notice other -> throw new IllegalStateException("not about loading: " + other);
                }
            }
        } finally {
            if (!loaded) {
                process.close();
            }
        }
    }

    EngineStats stats() {
        EngineStats known = stats;
        if (known == null) {
            throw new IllegalStateException("the model is not loaded yet");
        }
        return known;
    }

    /** Frames that came so far. */
    long frames() {
        return frames;
    }

    /** Bytes that came in them. */
    long bytes() {
        return bytes;
    }

    WorkerProcess process() {
        return process;
    }

    boolean hasEnded() {
        return end != null;
    }

    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    Generation submit(long id, Generate request) {
        WorkerGeneration generation =
                new WorkerGeneration(id, request, cancelled -> send(new Command.Cancel(cancelled)));
        outstanding.add(id, generation);
        boolean taken = false;
        try {
            send(new Command.Submit(id, request));
            failIfEnded();
            generation.awaitAdmission();
            taken = true;
            return generation;
        } finally {
            if (!taken) {
                outstanding.removeGeneration(id);
            }
        }
    }

    Reply ask(long id, Query<?> query) throws InterruptedException {
        CompletableFuture<Notice> answer = outstanding.add(id, query);
        try {
            send(new Command.Ask(id, query));
            failIfEnded();
            return switch (answer.get()) {
                case Notice.Answered answered -> answered.reply();
                case Notice.Refused refused -> throw LoadFailure.exception(refused.error());
                case Notice other -> throw new IllegalStateException("no answer: " + other);
            };
        } catch (InterruptedException e) {
            send(new Command.GiveUp(id));
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            outstanding.removeQuestion(id);
        }
    }

    private void send(Command command) {
        try {
            outbox.add(command);
        } catch (MessageTooLarge e) {
            throw new InvalidRequestException(
                    "request", e.bytes() + " bytes", "must have at most " + Outbox.LARGEST_MESSAGE + " bytes");
        }
        LockSupport.unpark(writer);
    }

    private void write() {
        try {
            while (channel.isOpen()) {
                outbox.drain();
                if (outbox.waiting() == 0) {
                    LockSupport.park(this);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a worker can't be written to", e);
        } finally {
            closeChannel(); // whatever ended it: a worker that nobody writes to is of no use
        }
    }

    private void read() {
        try {
            FrameReader reader = new FrameReader(channel);
            List<Notice> notices = new ArrayList<>();
            for (Optional<WireInput> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                notices.clear();
                WireInput messages = frame.get();
                count(messages.remaining());
                while (messages.remaining() > 0) {
                    notices.add(Messages.NOTICES.read(messages));
                }
                deliver(notices);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a worker's connection broke", e);
        } catch (MalformedFrame e) {
            LOG.log(System.Logger.Level.ERROR, "a worker sends what can't be read, and is ended", e);
            process.close();
        } finally {
            end(new EngineError.EngineDied());
        }
    }

    /** The reader's. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // nobody else writes
    private void count(int length) {
        frames++;
        bytes += length;
    }

    /** Figures first: whoever learns of an end finds it in them. */
    private void deliver(List<Notice> notices) {
        for (Notice notice : notices) {
            if (notice instanceof Notice.Measured(EngineStats measured)) {
                stats = measured;
            }
        }
        notices.forEach(this::deliver);
    }

    private void deliver(Notice notice) {
        switch (notice) {
            case Notice.Loading _, Notice.Loaded _, Notice.LoadFailed _ -> loading.add(Optional.of(notice));
            case Notice.Measured _ -> {}
            case Notice.Happened(long id, Event event) -> outstanding.happened(id, event);
            case Notice.Declined(long id, EngineError error) -> outstanding.declined(id, error);
            case Notice.Answered(long id, Reply _) -> outstanding.answered(id, notice);
            case Notice.Refused(long id, EngineError _) -> outstanding.answered(id, notice);
        }
    }

    /** What came in between the end and its own entry would wait for ever. */
    private void failIfEnded() {
        EngineError error = end;
        if (error != null) {
            outstanding.fail(error);
        }
    }

    private void end(EngineError error) {
        synchronized (this) {
            if (end == null) {
                outstanding.lose();
                end = error;
            }
        }
        outstanding.fail(error);
        closeChannel();
        loading.add(Optional.empty());
        ended.countDown();
    }

    /** Tells the suspects what was there when the worker died. Returns how much it was. After {@link #awaitEnd}. */
    int accuse() {
        return outstanding.accuse();
    }

    /** Unloads the model and ends the worker, in bounded time. What runs fails as closed. Idempotent. */
    @Override
    public void close() {
        EngineError closed = new EngineError.Closed();
        synchronized (this) {
            if (end == null) {
                end = closed;
            }
        }
        outstanding.fail(closed);
        send(new Command.Close());
        process.end(LAST_STEPS);
        closeChannel();
        LockSupport.unpark(writer);
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a worker's connection can't be closed", e);
        }
        LockSupport.unpark(writer);
    }
}
