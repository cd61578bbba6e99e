package dev.corral.server.alpaca;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * {@code POST /v1/embeddings}: the mean of the last layer over all tokens, the begin token's included, of Euclidean
 * length 1, whatever pooling the model has by itself. Several inputs get a vector each.
 */
final class Embeddings {

    static final RouteDoc DOC = RouteDoc.of("The vectors of texts")
            .body(
                    Embeddings::read,
                    "{'input': 'The weather is really nice today'}",
                    "{'input': ['The weather is nice', 'And warm']}");

    private static final String INPUT = "input";

    private Embeddings() {}

    static Query.Embed read(Fields fields) {
        JsonNode value = fields.node(INPUT).orElseThrow(() -> fields.missing(INPUT));
        List<Prompt> inputs = new ArrayList<>();
        if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                inputs.add(input(fields, INPUT + "[" + i + "]", array.get(i), "must be a string"));
            }
        } else {
            inputs.add(input(fields, INPUT, value, "must be a string or an array of strings"));
        }
        return new Query.Embed(inputs, Pooling.MEAN, Query.Embed.EUCLIDEAN, OptionalInt.empty());
    }

    static ObjectNode answer(Exchange exchange, Engine engine, Query.Embed query, Edition edition)
            throws InterruptedException {
        Reply.Embeddings reply = Questions.ask(exchange, engine, query, Reply.Embeddings::tokens);
        ObjectNode answer = Json.object().put("object", "list");
        ArrayNode data = answer.putArray("data");
        for (int i = 0; i < reply.embeddings().size(); i++) {
            data.addObject()
                    .put("object", "embedding")
                    .putPOJO("embedding", reply.embeddings().get(i).vectors().getFirst())
                    .put("index", i);
        }
        return answer.put("model", edition.model());
    }

    private static Prompt input(Fields fields, String name, JsonNode value, String rule) {
        if (!value.isTextual()) {
            throw fields.invalid(name, value, rule);
        }
        return new Prompt.Text(value.textValue(), true, false);
    }
}
