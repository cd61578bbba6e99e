package dev.corral.server;

import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Routes;
import dev.corral.server.model.Lease;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.model.ServedModel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Leads each request to the dialects of the model that it names, which is loaded first if need be and stays until the request is
 * answered. Thread-safe.
 *
 * @param tables of each model, with the same routes
 * @param ofAll dialects that are about no model
 */
record ModelChooser(ModelRegistry registry, Function<ServedModel, Routes> tables, List<Dialect> ofAll)
        implements Routes.Chooser {

    /** Routes of dialects that are about all models. */
    private static final Set<String> PATHS = Set.of(
            "/health",
            "/v1/health",
            "/models",
            "/models/load",
            "/models/unload",
            "/models/sse",
            "/v1/models",
            "/v1/models/{+id}",
            "/api/tags",
            "/api/ps",
            "/api/pull",
            "/api/delete",
            "/api/version",
            "/",
            "/petals",
            "/petals/chat.js",
            "/petals/models",
            "/easylm",
            "/easylm/chat.js");

    @Override
    public boolean isOfAll(Routes.Route route) {
        return PATHS.contains(route.path()) || ofAll.stream().anyMatch(dialect -> dialect == route.dialect());
    }

    @Override
    public void choose(Exchange exchange, Routes.Answer answer) throws InterruptedException {
        Optional<String> named = exchange.model();
        ServedModel model = named.map(registry::require).orElseGet(registry::require);
        Routes table = tables.apply(model);
        try (Lease _ = lease(exchange, model)) {
            answer.by(table);
        }
    }

    private Lease lease(Exchange exchange, ServedModel model) throws InterruptedException {
        Optional<Lease> now = registry.leaseNow(model);
        if (now.isPresent()) {
            return now.get();
        }
        try (ClientWatch client = exchange.watch(registry::wake)) {
            return registry.lease(model, client::left);
        }
    }
}
