package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.model.ModelDownload;
import dev.corral.server.model.ModelDownloads;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code POST /api/pull}: a model of the hub comes, and the client sees how far it is. Who asks for one that is coming already sees
 * the same; when all of them have left, it stops, and a later request goes on from there.
 *
 * @param model of the hub
 * @param stream answer by lines as it comes
 */
record ModelPull(String model, boolean stream) {

    /** How long nobody looks whether the client is still there. */
    private static final Duration BEAT = Duration.ofSeconds(15);

    private static final int SHOWN_DIGITS = 12;

    static RouteDoc doc() {
        return RouteDoc.of("Downloads a model of the hub, where the operator allows it")
                .inLines()
                .body(ModelPull::read, "{'model': 'owner/name'}", "{'model': 'owner/name:Q8_0', 'stream': false}");
    }

    static ModelPull read(Fields fields) {
        String field = fields.either("model", "name");
        String model = fields.text(field).filter(name -> !name.isBlank()).orElseThrow(() -> fields.missing("model"));
        return new ModelPull(model, fields.flag("stream", true));
    }

    void answer(Exchange exchange, ModelDownloads downloads) throws InterruptedException {
        try (ModelDownloads.Watched watched = downloads.watch(downloads.find(model))) {
            ModelDownload download = watched.download();
            say(exchange, status("pulling manifest"));
            ModelDownload.Moment end = await(exchange, download);
            if (end.status() == ModelDownload.Status.FAILED) {
                throw new ApiException(ApiError.Kind.UNAVAILABLE, end.failure().orElse("the download failed"));
            }
        }
        say(exchange, status("verifying sha256 digest"));
        say(exchange, status("writing manifest"));
        if (stream) {
            say(exchange, status("success"));
        } else {
            exchange.reply(status("success"));
        }
    }

    private ModelDownload.Moment await(Exchange exchange, ModelDownload download) throws InterruptedException {
        Map<String, ModelDownload.Part> told = new HashMap<>();
        try (ClientWatch client = exchange.watch(download::wake)) {
            ModelDownload.Moment moment = download.moment();
            while (true) {
                tell(exchange, moment.parts(), told);
                if (moment.status() != ModelDownload.Status.RUNNING) {
                    return moment;
                }
                if (client.left()) {
                    throw new ClientLeft();
                }
                moment = download.after(moment, BEAT);
            }
        }
    }

    /** What is new of each file. */
    private void tell(Exchange exchange, List<ModelDownload.Part> parts, Map<String, ModelDownload.Part> told) {
        for (ModelDownload.Part part : parts) {
            if (!part.equals(told.put(part.file(), part))) {
                String digest = part.sha256().orElse("");
                ObjectNode line =
                        status("pulling " + (digest.isEmpty() ? part.file() : digest.substring(0, SHOWN_DIGITS)));
                if (!digest.isEmpty()) {
                    line.put("digest", "sha256:" + digest);
                }
                if (part.total() >= 0) {
                    line.put("total", part.total()).put("completed", part.done());
                }
                say(exchange, line);
            }
        }
    }

    private void say(Exchange exchange, ObjectNode line) {
        if (stream) {
            exchange.lines().send(json -> json.writeTree(line));
        }
    }

    private static ObjectNode status(String status) {
        return Json.object().put("status", status);
    }
}
