package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.EmbeddingFields;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers an {@link EmbedRequest}. */
final class Embedding {

    private static final int SPECIAL_TOKENS = 2;

    private Embedding() {}

    /** A vector for each text. */
    static ObjectNode several(Exchange exchange, Engine engine, EmbedRequest request, String model)
            throws InterruptedException {
        long start = System.nanoTime();
        ObjectNode answer = Json.object().put("model", request.model().orElse(model));
        ArrayNode vectors = answer.putArray("embeddings");
        Optional<Reply.Embeddings> reply = ask(exchange, engine, request);
        reply.ifPresent(found -> found.embeddings()
                .forEach(embedding -> vectors.addPOJO(embedding.vectors().getFirst())));
        return answer.put("total_duration", System.nanoTime() - start)
                .put("load_duration", 0)
                .put("prompt_eval_count", reply.map(Reply.Embeddings::tokens).orElse(0));
    }

    /** The vector of the one text. */
    static ObjectNode one(Exchange exchange, Engine engine, EmbedRequest request) throws InterruptedException {
        Optional<Reply.Embeddings> reply = ask(exchange, engine, request);
        float[] vector = reply.map(
                        found -> found.embeddings().getFirst().vectors().getFirst())
                .orElse(new float[0]);
        return Json.object().putPOJO("embedding", vector);
    }

    private static Optional<Reply.Embeddings> ask(Exchange exchange, Engine engine, EmbedRequest request)
            throws InterruptedException {
        if (request.query().isEmpty()) {
            return Optional.empty();
        }
        Query.Embed query = request.query().get();
        EmbeddingFields.requireOneVector(query, engine.model());
        Query.Embed fitting = request.truncate() ? truncated(query, engine) : query;
        return Optional.of(Questions.ask(exchange, engine, fitting, Reply.Embeddings::tokens));
    }

    private static Query.Embed truncated(Query.Embed query, Engine engine) throws InterruptedException {
        int most = engine.model().embedding().maxTokens();
        List<Prompt> inputs = new ArrayList<>(query.inputs().size());
        for (Prompt input : query.inputs()) {
            inputs.add(input instanceof Prompt.Text text ? truncated(text, most, engine) : input);
        }
        return new Query.Embed(inputs, query.pooling(), query.normalize(), query.dimensions());
    }

    /** The same, or its first tokens, with the one that ends a text where the model has such. */
    private static Prompt truncated(Prompt.Text input, int most, Engine engine) throws InterruptedException {
        int bytes = input.text().getBytes(StandardCharsets.UTF_8).length;
        if (bytes + SPECIAL_TOKENS <= most) {
            return input; // no token is less than a byte
        }
        Tokens plain = tokens(engine, input.text(), false);
        Tokens whole = tokens(engine, input.text(), true);
        if (whole.size() <= most || plain.isEmpty()) {
            return input;
        }
        int last = whole.get(whole.size() - 1);
        boolean ends = whole.size() > plain.size() && last != plain.get(plain.size() - 1);
        int[] kept = Tokens.of(whole.toArray(), 0, most).toArray();
        if (ends) {
            kept[most - 1] = last;
        }
        return new Prompt.Ids(Tokens.of(kept));
    }

    private static Tokens tokens(Engine engine, String text, boolean special) throws InterruptedException {
        return engine.ask(new Query.Tokenize(text, special, true, false)).tokens();
    }
}
