package dev.corral.server.tracing;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.generation.ForwardingEngine;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;

/**
 * An engine whose work has spans, within the span of the thread that asks for it.
 */
record TracedEngine(Engine engine, Tracer tracer) implements ForwardingEngine {

    @Override
    public Generation submit(Generate request) {
        GenerationSpans spans =
                new GenerationSpans(tracer, Context.current(), engine.model().name());
        return new TracedGeneration(engine.submit(request), spans);
    }

    @Override
    public <R extends Reply> R ask(Query<R> query) throws InterruptedException {
        Span span = tracer.spanBuilder(query.getClass().getSimpleName()).startSpan();
        try (Scope _ = span.makeCurrent()) {
            return engine.ask(query);
        } catch (EngineException e) {
            span.setStatus(StatusCode.ERROR)
                    .setAttribute("error.type", e.error().getClass().getSimpleName());
            throw e;
        } finally {
            span.end();
        }
    }
}
