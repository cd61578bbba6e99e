package dev.corral.server.tracing;

import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import java.time.Duration;
import java.util.Optional;

/** A generation whose events become spans as they are read. */
record TracedGeneration(Generation generation, GenerationSpans spans) implements Generation {

    @Override
    public long id() {
        return generation.id();
    }

    @Override
    public Event next() throws InterruptedException {
        Event event = generation.next();
        spans.note(event);
        return event;
    }

    @Override
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        Optional<Event> event = generation.next(timeout);
        event.ifPresent(spans::note);
        return event;
    }

    @Override
    public Optional<Event> nextUnlessWoken() throws InterruptedException {
        Optional<Event> event = generation.nextUnlessWoken();
        event.ifPresent(spans::note);
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
