package dev.corral.server.tracing;

import dev.corral.engine.Event;
import dev.corral.engine.Timings;
import dev.corral.engine.Usage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The spans of one generation: queue, prefill and decode of each completion, made when it has ended, by the engine's own
 * clock. What is known of the whole goes to the span that they are in, by the names of the conventions for generative AI.
 */
final class GenerationSpans {

    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final Tracer tracer;
    private final Context around;
    private final long asked;

    /** @param around that of the request */
    GenerationSpans(Tracer tracer, Context around, String model) {
        this.tracer = tracer;
        this.around = around;
        Instant now = Instant.now();
        this.asked = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        Span.fromContext(around)
                .setAttribute("gen_ai.operation.name", "text_completion")
                .setAttribute("gen_ai.request.model", model);
    }

    void note(Event event) {
        switch (event) {
            case Event.Finished finished -> ended(finished);
            case Event.Failed failed ->
                Span.fromContext(around)
                        .setStatus(StatusCode.ERROR)
                        .setAttribute("error.type", failed.error().getClass().getSimpleName());
            case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _, Event.Delta _ -> {}
        }
    }

    private void ended(Event.Finished finished) {
        Timings timings = finished.timings();
        Usage usage = finished.usage();
        long started = asked + timings.queued();
        long first = started + timings.prompt();
        span("queue", finished, asked).startSpan().end(started, TimeUnit.NANOSECONDS);
        span("prefill", finished, started)
                .setAttribute("gen_ai.usage.input_tokens", usage.promptTokens())
                .setAttribute("corral.cached_tokens", usage.cachedTokens())
                .startSpan()
                .end(first, TimeUnit.NANOSECONDS);
        span("decode", finished, first)
                .setAttribute("gen_ai.usage.output_tokens", usage.generatedTokens())
                .setAttribute("corral.drafted_tokens", usage.draftedTokens())
                .setAttribute("corral.accepted_tokens", usage.acceptedTokens())
                .startSpan()
                .end(first + timings.generation(), TimeUnit.NANOSECONDS);
        Span.fromContext(around)
                .setAttribute("gen_ai.usage.input_tokens", usage.promptTokens())
                .setAttribute("gen_ai.usage.output_tokens", usage.generatedTokens())
                .setAttribute(FINISH_REASONS, List.of(finished.reason().name().toLowerCase(Locale.ROOT)));
    }

    private SpanBuilder span(String name, Event.Finished finished, long start) {
        return tracer.spanBuilder(name)
                .setParent(around)
                .setStartTimestamp(start, TimeUnit.NANOSECONDS)
                .setAttribute("corral.completion", finished.index());
    }
}
