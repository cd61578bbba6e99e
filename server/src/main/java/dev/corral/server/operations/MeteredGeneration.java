package dev.corral.server.operations;

import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** A generation whose events are measured as they are read. */
final class MeteredGeneration implements Generation {

    private enum Stage {
        WAITING,
        RUNNING,
        LEFT
    }

    private final Generation generation;
    private final RequestMeter meter;
    private final List<String> adapters;
    private final long asked = System.nanoTime();
    private final Map<Integer, Long> lastTokens = new HashMap<>();
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    /** @param adapters names of those that it asks for */
    MeteredGeneration(Generation generation, RequestMeter meter, List<String> adapters) {
        this.generation = generation;
        this.meter = meter;
        this.adapters = List.copyOf(adapters);
        meter.waits(this.adapters);
    }

    @Override
    public long id() {
        return generation.id();
    }

    @Override
    public Event next() throws InterruptedException {
        Event event = generation.next();
        note(event);
        return event;
    }

    @Override
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        Optional<Event> event = generation.next(timeout);
        event.ifPresent(this::note);
        return event;
    }

    @Override
    public Optional<Event> nextUnlessWoken() throws InterruptedException {
        Optional<Event> event = generation.nextUnlessWoken();
        event.ifPresent(this::note);
        return event;
    }

    @Override
    public void wake() {
        generation.wake();
    }

    @Override
    public boolean ended() {
        return generation.ended();
    }

    @Override
    public void cancel() {
        generation.cancel();
        leave();
    }

    private void note(Event event) {
        switch (event) {
            case Event.Started _ -> {
                if (stage.compareAndSet(Stage.WAITING, Stage.RUNNING)) {
                    meter.starts(adapters);
                }
            }
            case Event.Delta delta -> advanced(delta);
            case Event.Finished finished -> meter.ends(finished, System.nanoTime() - asked);
            case Event.Queued _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
        }
        if (generation.ended()) {
            leave();
        }
    }

    private void advanced(Event.Delta delta) {
        long now = System.nanoTime();
        if (lastTokens.isEmpty()) {
            meter.first(now - asked);
        }
        Long last = lastTokens.put(delta.index(), now);
        if (last != null && delta.tokens().size() > 0) {
            meter.more(delta.tokens().size(), now - last);
        }
    }

    private void leave() {
        Stage before = stage.getAndSet(Stage.LEFT);
        if (before != Stage.LEFT) {
            meter.leaves(adapters, before == Stage.RUNNING);
        }
    }
}
