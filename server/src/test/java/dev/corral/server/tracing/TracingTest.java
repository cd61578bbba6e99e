package dev.corral.server.tracing;

import static dev.corral.server.tracing.TraceCollector.attribute;
import static dev.corral.server.tracing.TraceCollector.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.EngineError;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Spans as a collector gets them. */
class TracingTest {

    private static final String CALLER = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String PROMPT = "{\"prompt\": \"confidential\"}";

    private static Tracing to(TraceCollector collector) {
        return Tracing.configured(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                        collector.address(),
                        "OTEL_EXPORTER_OTLP_HEADERS",
                        "x-tenant=stable",
                        "OTEL_RESOURCE_ATTRIBUTES",
                        "deployment.environment=test"))
                .orElseThrow();
    }

    /** Sends one request; closing the server sends its spans. */
    private static TestClient.Answer ask(FakeEngine engine, TraceCollector collector, String path, String... headers)
            throws IOException, InterruptedException {
        try (RunningServer running = RunningServer.of(engine, to(collector))) {
            return running.client().post(path, PROMPT, headers);
        }
    }

    @Test
    void aRequestIsASpanWithItsTimeInTheEngineInside() throws Exception {
        try (TraceCollector collector = new TraceCollector()) {
            ask(
                    FakeEngine.saying("a", "b"),
                    collector,
                    "/v1/completions",
                    "traceparent",
                    "00-" + CALLER + "-" + PARENT + "-01");
            Span request = collector.span("POST /v1/completions");
            assertThat(hex(request.getTraceId())).isEqualTo(CALLER);
            assertThat(hex(request.getParentSpanId())).isEqualTo(PARENT);
            assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(attribute(request, "http.route").getStringValue()).isEqualTo("/v1/completions");
            assertThat(attribute(request, "http.response.status_code").getIntValue())
                    .isEqualTo(200);
            assertThat(attribute(request, "gen_ai.request.model").getStringValue())
                    .isEqualTo("fake");
            assertThat(attribute(request, "gen_ai.usage.input_tokens").getIntValue())
                    .isEqualTo(7);
            assertThat(attribute(request, "gen_ai.usage.output_tokens").getIntValue())
                    .isEqualTo(2);

            Span queue = collector.span("queue");
            Span prefill = collector.span("prefill");
            Span decode = collector.span("decode");
            for (Span span : new Span[] {queue, prefill, decode}) {
                assertThat(span.getTraceId()).isEqualTo(request.getTraceId());
                assertThat(span.getParentSpanId()).isEqualTo(request.getSpanId());
            }
            assertThat(queue.getEndTimeUnixNano() - queue.getStartTimeUnixNano())
                    .isEqualTo(1_000_000);
            assertThat(prefill.getStartTimeUnixNano()).isEqualTo(queue.getEndTimeUnixNano());
            assertThat(prefill.getEndTimeUnixNano() - prefill.getStartTimeUnixNano())
                    .isEqualTo(8_000_000);
            assertThat(decode.getStartTimeUnixNano()).isEqualTo(prefill.getEndTimeUnixNano());
            assertThat(decode.getEndTimeUnixNano() - decode.getStartTimeUnixNano())
                    .isEqualTo(4_000_000);
            assertThat(attribute(prefill, "corral.cached_tokens").getIntValue()).isEqualTo(3);

            assertThat(collector.resource("service.name")).contains("corral");
            assertThat(collector.resource("deployment.environment")).contains("test");
            assertThat(collector.tenants()).contains("stable");
            assertThat(collector.spans().toString()).doesNotContain("confidential");
        }
    }

    @Test
    void aFailureShowsInTheSpanOfItsRequest() throws Exception {
        FakeEngine failing =
                new FakeEngine(generation -> generation.start().fail(new EngineError.Internal("out of order")));
        try (TraceCollector collector = new TraceCollector()) {
            ask(failing, collector, "/completion");
            Span request = collector.span("POST /completion");
            assertThat(request.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(attribute(request, "http.response.status_code").getIntValue())
                    .isEqualTo(500);
        }
    }

    @Test
    void aPathThatIsNoRouteNamesNoSpan() throws Exception {
        try (TraceCollector collector = new TraceCollector()) {
            ask(FakeEngine.saying("a"), collector, "/no/such/path");
            assertThat(attribute(collector.span("POST"), "http.response.status_code")
                            .getIntValue())
                    .isEqualTo(404);
        }
    }

    @Test
    void aCollectorThatIsGoneDoesNotDisturbRequests() throws Exception {
        TraceCollector gone = new TraceCollector();
        gone.close();
        assertThat(ask(FakeEngine.saying("a"), gone, "/completion").status()).isEqualTo(200);
    }

    @Test
    void nothingIsTracedUnlessAskedFor() {
        assertThat(Tracing.configured(Map.of())).isEmpty();
        assertThat(Tracing.configured(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", " ")))
                .isEmpty();
        assertThat(Tracing.configured(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "OTEL_SDK_DISABLED", "true")))
                .isEmpty();
    }

    @Test
    void aProtocolThatThereIsNotIsRefused() {
        assertThatThrownBy(() -> Tracing.configured(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no traces can be sent");
    }
}
