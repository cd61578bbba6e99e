package dev.corral.server.tracing;

import dev.corral.engine.Engine;
import dev.corral.server.http.RequestTracer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans to a collector, as OpenTelemetry's environment variables say. A request's span continues the trace that its
 * {@code traceparent} names. Times and counts go there, and never a text.
 *
 * <p>Ownership: closing it sends what is left. Thread-safe.
 */
public final class Tracing implements RequestTracer, AutoCloseable {

    private static final String PREFIX = "OTEL_";
    private static final List<String> ENDPOINTS =
            List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

    /** What holds where the environment does not say. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.service.name", "corral",
            "otel.exporter.otlp.protocol", "http/protobuf",
            "otel.traces.exporter", "otlp",
            "otel.metrics.exporter", "none",
            "otel.logs.exporter", "none");

    private static final int SERVER_ERROR = 500;
    private static final long LAST_SPANS_MILLIS = 2_000;

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private Tracing(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer("dev.corral.server");
    }

    /**
     * What an environment asks for: nothing, unless it names where to send traces.
     *
     * @throws IllegalArgumentException when it asks for what there is not
     */
    public static Optional<Tracing> configured(Map<String, String> environment) {
        boolean wanted = ENDPOINTS.stream()
                .anyMatch(name -> !environment.getOrDefault(name, "").isBlank());
        boolean refused = environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")
                || environment.getOrDefault("OTEL_TRACES_EXPORTER", "").equals("none");
        if (!wanted || refused) {
            return Optional.empty();
        }
        Map<String, String> properties = new HashMap<>(DEFAULTS);
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX)) {
                properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        try {
            return Optional.of(new Tracing(AutoConfiguredOpenTelemetrySdk.builder()
                    .addPropertiesCustomizer(_ -> properties)
                    .disableShutdownHook()
                    .build()
                    .getOpenTelemetrySdk()));
        } catch (ConfigurationException | IllegalStateException e) {
            throw new IllegalArgumentException("no traces can be sent: " + e.getMessage(), e);
        }
    }

    /** The same engine, with spans for what it does. */
    public Engine of(Engine engine) {
        return new TracedEngine(engine, tracer);
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // the trace closes it when the request ends
    public Trace begin(String method, String path, Function<String, Optional<String>> header) {
        Context caller =
                sdk.getPropagators().getTextMapPropagator().extract(Context.root(), header, new HeaderGetter());
        Span span = tracer.spanBuilder(method)
                .setParent(caller)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", method)
                .setAttribute("url.path", path)
                .startSpan();
        return new RequestSpan(span, method, span.makeCurrent());
    }

    @Override
    public void close() {
        sdk.shutdown().join(LAST_SPANS_MILLIS, TimeUnit.MILLISECONDS);
    }

    private record RequestSpan(Span span, String method, Scope scope) implements Trace {

        @Override
        public String id() {
            return span.getSpanContext().getTraceId();
        }

        @Override
        public void end(Optional<String> route, int status) {
            scope.close();
            route.ifPresent(pattern -> span.updateName(method + " " + pattern).setAttribute("http.route", pattern));
            span.setAttribute("http.response.status_code", status);
            if (status >= SERVER_ERROR) {
                span.setStatus(StatusCode.ERROR).setAttribute("error.type", Integer.toString(status));
            }
            span.end();
        }
    }

    /** Finds what a propagator asks for; it never asks for a list of all. */
    private static final class HeaderGetter implements TextMapGetter<Function<String, Optional<String>>> {

        @Override
        public Iterable<String> keys(Function<String, Optional<String>> headers) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable Function<String, Optional<String>> headers, String name) {
            return headers == null ? null : headers.apply(name).orElse(null);
        }
    }
}
