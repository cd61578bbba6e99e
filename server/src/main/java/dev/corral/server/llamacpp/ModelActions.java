package dev.corral.server.llamacpp;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ModelDownload;
import dev.corral.server.model.ServedModel;
import java.util.Optional;

/**
 * Loads and unloads models of a server that has several, as llama-server's router does. Both are begun at once, and done when
 * {@code /models} or {@code /models/sse} says so.
 */
record ModelActions(Catalogue catalogue) {

    private static final String EXAMPLE = "{'model': 'name'}";

    void routes(Routes routes) {
        routes.post("/models/load", RouteDoc.of("Begins to load a model").body(ModelActions::read, EXAMPLE), this::load)
                .post(
                        "/models/unload",
                        RouteDoc.of("Unloads a model when what runs on it has ended")
                                .body(ModelActions::read, EXAMPLE),
                        this::unload)
                .get(
                        "/models/sse",
                        RouteDoc.of("Events: models that are loaded and unloaded, downloaded and deleted")
                                .events(),
                        new ModelEvents(catalogue)::tell);
    }

    private static String read(Fields fields) {
        return fields.text("model").orElseThrow(() -> fields.missing("model"));
    }

    private void load(Exchange exchange) {
        ServedModel model = catalogue.require(read(exchange.body()));
        require(model, model.state().status() == ServedModel.Status.UNLOADED, "is already running");
        catalogue.load(model);
        exchange.reply(Json.object().put("success", true));
    }

    /** As llama-server does, it ends a download, too. */
    private void unload(Exchange exchange) {
        String name = read(exchange.body());
        Optional<ModelDownload> coming = catalogue.downloads().flatMap(downloads -> downloads.running(name));
        if (coming.isPresent()) {
            coming.get().cancel();
            exchange.reply(Json.object().put("success", true));
            return;
        }
        ServedModel model = catalogue.require(name);
        require(model, model.state().status() == ServedModel.Status.LOADED, "is not running");
        catalogue.unload(model);
        exchange.reply(Json.object().put("success", true));
    }

    private static void require(ServedModel model, boolean fits, String otherwise) {
        if (!fits) {
            throw new ApiException(
                    ApiError.Kind.INVALID, "the model '" + model.plan().name() + "' " + otherwise);
        }
    }
}
