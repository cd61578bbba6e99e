package dev.corral.engine.local.completion;

import dev.corral.engine.EngineError;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.QueuedGeneration;
import dev.corral.engine.Search;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A request on its way through the engine: the reader's end is {@link Generation}, the engine's end is {@link #send}. */
public final class LocalGeneration extends QueuedGeneration {

    private final long submittedNanos = System.nanoTime();
    private final Consumer<LocalGeneration> onCancel;
    private final Consumer<LocalGeneration> onEnd;
    private final @Nullable Consumer<Event> sink;
    private final @Nullable Ranking ranking;
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
        super(id, request);
        this.onCancel = onCancel;
        this.onEnd = onEnd;
        this.sink = sink;
        this.ranking = request.search() instanceof Search.BestOf(int candidates)
                ? new Ranking(
                        candidates, request.completions(), request.logprobs().top() > 0)
                : null;
    }

    public long submittedNanos() {
        return submittedNanos;
    }

    /** Nanoseconds until the request's deadline, negative when it has passed. */
    public long remainingNanos(long now) {
        return request()
                .schedule()
                .deadline()
                .map(deadline -> deadline.toNanos() - (now - submittedNanos))
                .orElse(Long.MAX_VALUE);
    }

    /** Delivers an event; what comes after the last one is dropped. Any one thread at a time. */
    public synchronized void send(Event event) {
        if (ranking == null) {
            deliver(event);
        } else if (!isComplete()) {
            ranking.take(event).forEach(this::deliver);
        }
    }

    @Override
    protected void pass(Event event, boolean last) {
        if (last) {
            failure = event instanceof Event.Failed(EngineError error) ? error : null;
            onEnd.accept(this); // before its reader can know, so that whoever asks next finds its place free
        }
        if (sink == null) {
            super.pass(event, last);
        } else {
            sink.accept(event);
        }
    }

    public void fail(EngineError error) {
        send(new Event.Failed(error));
    }

    /** What it failed with, or null. */
    public @Nullable EngineError failure() {
        return failure;
    }

    @Override
    protected void cancelled() {
        onCancel.accept(this);
    }
}
