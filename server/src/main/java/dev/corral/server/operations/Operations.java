package dev.corral.server.operations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import java.util.Set;

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

    private final ModelGate gate;
    private final Metrics metrics;

    /** @param meter what the engine's generations are measured with */
    public Operations(ModelGate gate, RequestMeter meter) {
        this.gate = gate;
        this.metrics = new Metrics(gate, meter);
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
                .get(METRICS, RouteDoc.of("What Prometheus collects").text(), metrics::reply);
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
        gate.engine();
        exchange.reply(Json.object().put("status", "ready"));
    }
}
