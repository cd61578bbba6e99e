package dev.corral.engine.local.completion;

import dev.corral.engine.EngineError;
import dev.corral.engine.Event;
import dev.corral.engine.EventQueue;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Search;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through the engine: the reader's end is {@link Generation}, the engine's end is {@link #send}.
 * Its queue holds at most what one context can generate.
 */
public final class LocalGeneration implements Generation {

    private final long id;
    private final Generate request;
    private final long submittedNanos = System.nanoTime();
    private final Consumer<LocalGeneration> onCancel;
    private final Consumer<LocalGeneration> onEnd;
    private final EventQueue events;
    private final Consumer<Event> sink;
    private volatile boolean cancelled;
    private boolean closedToSending;
    private final @Nullable Ranking ranking;
    private int unfinished;
    private volatile @Nullable EngineError failure;

    /**
     * @param onCancel called once, by the cancelling thread
     * @param onEnd called once, just before the last event is sent
     */
    public LocalGeneration(
            long id, Generate request, Consumer<LocalGeneration> onCancel, Consumer<LocalGeneration> onEnd) {
        this(id, request, onCancel, onEnd, null);
    }

    /** @param sink takes the events, in place of the generation's own queue; called under its lock */
    public LocalGeneration(
            long id,
            Generate request,
            Consumer<LocalGeneration> onCancel,
            Consumer<LocalGeneration> onEnd,
            @Nullable Consumer<Event> sink) {
        this.id = id;
        this.request = request;
        this.events = new EventQueue(id, request.completions());
        this.onCancel = onCancel;
        this.onEnd = onEnd;
        this.sink = sink == null ? events::add : sink;
        this.unfinished = request.completions();
        this.ranking = request.search() instanceof Search.BestOf(int candidates)
                ? new Ranking(candidates, unfinished, request.logprobs().top() > 0)
                : null;
    }

    @Override
    public long id() {
        return id;
    }

    public Generate request() {
        return request;
    }

    public long submittedNanos() {
        return submittedNanos;
    }

    /** Nanoseconds until the request's deadline, negative when it has passed. */
    public long remainingNanos(long now) {
        return request.schedule()
                .deadline()
                .map(deadline -> deadline.toNanos() - (now - submittedNanos))
                .orElse(Long.MAX_VALUE);
    }

    /** Delivers an event; what comes after the last one is dropped. Any one thread at a time. */
    public synchronized void send(Event event) {
        if (closedToSending) {
            return;
        }
        if (ranking == null) {
            deliver(event);
        } else {
            ranking.take(event).forEach(this::deliver);
        }
    }

    private void deliver(Event event) {
        boolean last = event instanceof Event.Failed || (event instanceof Event.Finished && --unfinished == 0);
        closedToSending = last;
        failure = event instanceof Event.Failed(EngineError error) ? error : null;
        if (last) {
            onEnd.accept(this); // before its reader can know, so that whoever asks next finds its place free
        }
        sink.accept(event);
    }

    public void fail(EngineError error) {
        send(new Event.Failed(error));
    }

    /** What it failed with, or null. */
    public @Nullable EngineError failure() {
        return failure;
    }

    public synchronized boolean isClosed() {
        return closedToSending;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public Event next() throws InterruptedException {
        return events.next();
    }

    @Override
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        return events.next(timeout);
    }

    @Override
    public Optional<Event> nextUnlessWoken() throws InterruptedException {
        return events.nextUnlessWoken();
    }

    @Override
    public void wake() {
        events.wake();
    }

    @Override
    public boolean ended() {
        return events.ended();
    }

    @Override
    public void cancel() {
        synchronized (this) {
            if (cancelled || closedToSending) {
                return;
            }
            cancelled = true;
        }
        onCancel.accept(this);
    }
}
