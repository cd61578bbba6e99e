package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.EventStream;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ModelChanges;
import dev.corral.server.model.ModelDownload;
import dev.corral.server.model.ServedModel;
import java.time.Duration;
import java.util.Optional;

/** Tells of models as they are loaded and unloaded, downloaded and deleted, as llama-server's router does, until the client leaves or the server ends. */
record ModelEvents(Catalogue catalogue) {

    /** Between two comments, by which a client that has gone is noticed. */
    private static final Duration BEAT = Duration.ofSeconds(15);

    void tell(Exchange exchange) throws InterruptedException {
        EventStream events = exchange.events();
        try (ModelChanges.Watch watch = catalogue.changes().watch()) {
            events.beat(); // the watch has begun
            while (!watch.ended()) {
                Optional<ModelChanges.Change> change = watch.next(BEAT);
                Optional<ObjectNode> event = change.flatMap(ModelEvents::event);
                if (event.isPresent()) {
                    events.send(json -> json.writeTree(event.get()));
                } else if (change.isEmpty()) {
                    events.beat();
                }
            }
        }
    }

    private static Optional<ObjectNode> event(ModelChanges.Change change) {
        return switch (change) {
            case ModelChanges.Came came when came.state().status() == ServedModel.Status.UNLOADING -> Optional.empty();
            case ModelChanges.Came came -> Optional.of(status(came));
            case ModelChanges.Coming(ModelDownload download, ModelDownload.Moment moment) ->
                Optional.of(progress(download, moment));
            case ModelChanges.Removed(String model) -> Optional.of(named(model, "model_remove"));
        };
    }

    private static ObjectNode named(String model, String event) {
        return Json.object().put("model", model).put("event", event);
    }

    /** Each file by its name, and none where none has begun. */
    private static ObjectNode progress(ModelDownload download, ModelDownload.Moment moment) {
        return switch (moment.status()) {
            case FINISHED -> named(download.name(), "download_finished");
            case FAILED -> {
                ObjectNode failed = named(download.name(), "download_failed");
                failed.putObject("data").put("message", moment.failure().orElse(""));
                yield failed;
            }
            case RUNNING -> {
                ObjectNode event = named(download.name(), "download_progress");
                ObjectNode files = event.putObject("data").putObject("progress");
                moment.parts()
                        .forEach(part -> files.putObject(part.file())
                                .put("done", part.done())
                                .put("total", Math.max(0, part.total())));
                yield event;
            }
        };
    }

    private static ObjectNode status(ModelChanges.Came change) {
        ServedModel.State state = change.state();
        ObjectNode event = named(change.model().plan().name(), "model_status");
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
