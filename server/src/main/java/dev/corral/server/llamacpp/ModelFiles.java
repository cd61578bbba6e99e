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
import dev.corral.server.model.ModelDownloads;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelSource;
import dev.corral.server.model.ServedModel;
import java.util.Optional;

/**
 * Downloads models of the hub and deletes them, as llama-server's router does, where the operator allows it. A download is begun
 * at once, and done when {@code /models/sse} says so.
 */
record ModelFiles(ModelGate gate) {

    void routes(Routes routes) {
        routes.post(
                        "/models",
                        RouteDoc.of("Begins to download a model of the hub, where the operator allows it")
                                .body(ModelFiles::read, "{'model': 'owner/name:Q8_0'}"),
                        this::download)
                .delete(
                        "/models",
                        RouteDoc.of("Deletes a model's files, or ends its download, where the operator allows it")
                                .query("model"),
                        this::delete);
    }

    private static String read(Fields fields) {
        return fields.text("model").filter(name -> !name.isBlank()).orElseThrow(() -> fields.missing("model"));
    }

    private void download(Exchange exchange) throws InterruptedException {
        String asked = read(exchange.body());
        ModelDownloads downloads = gate.downloads();
        ModelSource.Offer offer = downloads.find(asked);
        if (catalogue().find(offer.name()).isPresent()) {
            throw refused("the model '" + offer.name() + "' is here already");
        }
        downloads.begin(offer);
        exchange.reply(Json.object().put("success", true));
    }

    private void delete(Exchange exchange) {
        ModelDownloads downloads = gate.downloads();
        String name = exchange.query("model")
                .filter(asked -> !asked.isBlank())
                .orElseThrow(() -> refused("the query must have the parameter 'model'"));
        Optional<ModelDownload> coming = downloads.running(name);
        if (coming.isPresent()) {
            coming.get().cancel();
        } else {
            ServedModel model = catalogue().require(name);
            downloads.remove(model);
        }
        exchange.reply(Json.object().put("success", true));
    }

    private Catalogue catalogue() {
        return gate.catalogue().orElseThrow();
    }

    private static ApiException refused(String message) {
        return new ApiException(ApiError.of(ApiError.Kind.INVALID, message).about("model"));
    }
}
