package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.EventStream;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ModelChanges;
import dev.corral.server.model.ServedModel;
import java.time.Duration;
import java.util.Optional;

/** Tells of models as they are loaded and unloaded, as llama-server's router does, until the client leaves or the server ends. */
record ModelEvents(Catalogue catalogue) {

    /** Between two comments, by which a client that has gone is noticed. */
    private static final Duration BEAT = Duration.ofSeconds(15);

    void tell(Exchange exchange) throws InterruptedException {
        EventStream events = exchange.events();
        try (ModelChanges.Watch watch = catalogue.changes().watch()) {
            events.beat(); // the watch has begun
            while (!watch.ended()) {
                Optional<ModelChanges.Change> change = watch.next(BEAT);
                if (change.isEmpty()) {
                    events.beat();
                } else if (change.get().state().status() != ServedModel.Status.UNLOADING) {
                    ObjectNode event = event(change.get());
                    events.send(json -> json.writeTree(event));
                }
            }
        }
    }

    private static ObjectNode event(ModelChanges.Change change) {
        ServedModel.State state = change.state();
        ObjectNode event =
                Json.object().put("model", change.model().plan().name()).put("event", "model_status");
        ObjectNode data = event.putObject("data");
        switch (state.status()) {
            case LOADING -> {
                data.put("status", "loading");
                if (state.progress() > 0) {
                    ObjectNode progress = data.putObject("progress");
                    progress.putArray("stages").add("text_model");
                    progress.put("current", "text_model").put("value", state.progress());
                }
            }
            case LOADED -> data.put("status", "loaded");
            case UNLOADING, UNLOADED ->
                data.put("status", "unloaded").put("exit_code", state.failure().isPresent() ? 1 : 0);
        }
        return event;
    }
}
