package dev.corral.server.tracing;

import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.server.generation.ObservedGeneration;

/** A generation whose events become spans as they are read. */
final class TracedGeneration extends ObservedGeneration {

    private final GenerationSpans spans;

    TracedGeneration(Generation generation, GenerationSpans spans) {
        super(generation);
        this.spans = spans;
    }

    @Override
    protected void note(Event event) {
        spans.note(event);
    }
}
