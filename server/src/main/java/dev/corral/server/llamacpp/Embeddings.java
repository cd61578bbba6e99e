package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.EmbeddingFields;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;

/** {@code POST /embedding} and {@code /embeddings}: an array of {@code {"index": 0, "embedding": [[…]]}}. */
final class Embeddings {

    private Embeddings() {}

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The vectors of texts")
                .body(
                        fields -> read(fields, defaults),
                        "{'input': ['Hello, world!', 'And again.'], 'embd_normalize': 2}",
                        "{'content': 'Hello, world!', 'pooling': 'mean', 'dimensions': 2}");
    }

    static ArrayNode answer(Exchange exchange, Engine engine, Defaults defaults) throws InterruptedException {
        Reply.Embeddings reply =
                Questions.ask(exchange, engine, read(exchange.body(), defaults), Reply.Embeddings::tokens);
        ArrayNode answer = Json.array();
        for (int i = 0; i < reply.embeddings().size(); i++) {
            ArrayNode vectors = answer.addObject().put("index", i).putArray("embedding");
            reply.embeddings().get(i).vectors().forEach(vectors::addPOJO);
        }
        return answer;
    }

    private static Query.Embed read(Fields fields, Defaults defaults) {
        String name = fields.either("input", "content");
        return EmbeddingFields.read(fields, PromptFields.prompts(fields, name), defaults);
    }
}
