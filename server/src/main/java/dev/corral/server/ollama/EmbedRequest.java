package dev.corral.server.ollama;

import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.EmbeddingFields;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@code POST /api/embed} or {@code POST /api/embeddings} asks for.
 *
 * @param model which model, where the request says
 * @param query empty where the request has no text
 * @param truncate cut off what is too long rather than refuse it
 * @param keepAlive how long the model stays afterwards, where the request says
 */
record EmbedRequest(
        Optional<String> model, Optional<Query.Embed> query, boolean truncate, Optional<Duration> keepAlive) {

    private static final int NOT_NORMALIZED = -1;

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The vectors of texts, in Ollama's shape")
                .body(
                        fields -> read(fields, defaults),
                        "{'input': ['Hello, world!', 'And again.']}",
                        "{'model': 'default', 'input': 'Hello, world!', 'truncate': false, 'keep_alive': 300}");
    }

    static RouteDoc oneDoc() {
        return RouteDoc.of("The vector of a text, not normalized, as Ollama gave it first")
                .body(
                        EmbedRequest::readOne,
                        "{'prompt': 'Hello, world!'}",
                        "{'model': 'default', 'prompt': 'Hello, world!', 'keep_alive': '5m'}");
    }

    /** Reads a request of {@code /api/embed}. */
    static EmbedRequest read(Fields fields, Defaults defaults) {
        return read(fields, fields.texts("input"), defaults.normalize(), fields.flag("truncate", true));
    }

    /** Reads a request of {@code /api/embeddings}. */
    static EmbedRequest readOne(Fields fields) {
        return read(fields, fields.text("prompt").stream().toList(), NOT_NORMALIZED, true);
    }

    private static EmbedRequest read(Fields fields, List<String> texts, int normalize, boolean truncate) {
        Optional<Duration> keepAlive = KeepAlive.read(fields);
        boolean nothing =
                texts.isEmpty() || (texts.size() == 1 && texts.getFirst().isEmpty());
        List<Prompt> inputs = nothing
                ? List.of(Prompt.text("")) // its fields are checked all the same
                : texts.stream().map(Prompt::text).toList();
        Query.Embed query = EmbeddingFields.read(fields, inputs, normalize);
        return new EmbedRequest(
                fields.text("model"), nothing ? Optional.empty() : Optional.of(query), truncate, keepAlive);
    }
}
