package dev.corral.server.operations;

import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.server.generation.ObservedGeneration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** A generation whose events are measured as they are read. */
final class MeteredGeneration extends ObservedGeneration {

    private enum Stage {
        WAITING,
        RUNNING,
        LEFT
    }

    private final RequestMeter meter;
    private final List<String> adapters;
    private final long asked = System.nanoTime();
    private final Map<Integer, Long> lastTokens = new HashMap<>();
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    /** @param adapters names of those that it asks for */
    MeteredGeneration(Generation generation, RequestMeter meter, List<String> adapters) {
        super(generation);
        this.meter = meter;
        this.adapters = List.copyOf(adapters);
        meter.waits(this.adapters);
    }

    @Override
    public void cancel() {
        super.cancel();
        leave();
    }

    @Override
    protected void note(Event event) {
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
        if (ended()) {
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
