package dev.corral.server.generation;

import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import java.time.Duration;
import java.util.Optional;

/** A generation whose events are noted as they are read. */
public abstract class ObservedGeneration implements Generation {

    private final Generation generation;

    protected ObservedGeneration(Generation generation) {
        this.generation = generation;
    }

    /** Called by the reader's thread with each event, before it gets it. */
    protected abstract void note(Event event);

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
    }
}
