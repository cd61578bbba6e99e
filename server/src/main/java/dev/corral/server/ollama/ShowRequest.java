package dev.corral.server.ollama;

import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.util.Optional;

/**
 * What {@code POST /api/show} asks for.
 *
 * @param model which model, where the request says; it may call it {@code name}, too
 */
record ShowRequest(Optional<String> model) {

    static RouteDoc doc() {
        return RouteDoc.of("What there is to know of a model, in Ollama's shape")
                .body(ShowRequest::read, "{'model': 'default'}");
    }

    static ShowRequest read(Fields fields) {
        return new ShowRequest(fields.text(fields.either("model", "name")));
    }
}
