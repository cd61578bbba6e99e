package dev.corral.server.operations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Routes for those who run the server or write clients of it; only the metrics need an API key, where there are any.
 *
 * <pre>{@code
 * curl localhost:8080/ready
 * curl localhost:8080/openapi.json
 * curl localhost:8080/metrics
 * }</pre>
 */
public final class Operations implements Dialect {

    private static final String READY = "/ready";
    private static final String OPENAPI = "/openapi.json";
    private static final String DOCS = "/docs";
    private static final String METRICS = "/metrics";
    private static final Set<String> PATHS = Set.of(READY, OPENAPI, DOCS);

    private final Runnable readiness;
    private final Routes.Handler metrics;

    /** @param meter what the engine's generations are measured with */
    public Operations(ModelGate gate, RequestMeter meter) {
        this.readiness = gate::engine;
        Metrics own = new Metrics(gate, meter);
        this.metrics = own::reply;
    }

    /**
     * For a server of several models.
     *
     * @param models those there are at a moment, one series each
     * @param ready whether those are loaded that always should be
     */
    public Operations(Supplier<List<MeteredModel>> models, BooleanSupplier ready) {
        this.readiness = () -> {
            if (!ready.getAsBoolean()) {
                throw new ApiException(ApiError.Kind.UNAVAILABLE, "Loading model");
            }
        };
        Map<MeteredModel, Metrics> each = new ConcurrentHashMap<>();
        this.metrics = exchange -> {
            List<MeteredModel> there = models.get();
            each.keySet().retainAll(there);
            Metrics.reply(exchange, there, model -> each.computeIfAbsent(model, Metrics::new));
        };
    }

    @Override
    public void routes(Routes routes) {
        OpenApi openApi = new OpenApi(routes);
        routes.getOpen(READY, RouteDoc.of("Whether new requests are served"), this::ready)
                .getOpen(
                        OPENAPI,
                        RouteDoc.of("This description, for programs"),
                        exchange -> exchange.reply(openApi.document()))
                .getOpen(
                        DOCS,
                        RouteDoc.of("This description, for people").page(),
                        exchange -> exchange.replyPage(DocsPage.of(openApi.document())))
                .get(METRICS, RouteDoc.of("What Prometheus collects").text(), metrics);
    }

    @Override
    public boolean speaks(String path) {
        return PATHS.contains(path);
    }

    @Override
    public ObjectNode error(ApiError error) {
        ObjectNode body = Json.object();
        body.putObject("error").put("code", error.kind().status()).put("message", error.message());
        return body;
    }

    private void ready(Exchange exchange) {
        readiness.run();
        exchange.reply(Json.object().put("status", "ready"));
    }
}
