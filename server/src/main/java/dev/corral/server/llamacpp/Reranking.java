package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Range;
import dev.corral.engine.Reply;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code POST /rerank} and its other names, in two shapes: Jina's, with {@code documents} and an object for an answer,
 * and that of Hugging Face's text-embeddings-inference, with {@code texts} and an array. Best first.
 */
final class Reranking {

    private static final Range TOP = Range.atLeast(0);

    static final RouteDoc DOC = RouteDoc.of("How well documents answer a query, best first")
            .body(
                    Reranking::read,
                    "{'query': 'What is a reef?', 'documents': ['A wall of stone.', 'A king.'], 'top_n': 1,"
                            + " 'return_documents': true}",
                    "{'query': 'What is a reef?', 'texts': ['A wall of stone.', 'A king.'], 'return_text': true}");

    /**
     * What is asked for.
     *
     * @param array in Hugging Face's shape
     * @param top how many results to show
     * @param texts show the documents themselves
     */
    private record Asked(String query, List<String> documents, boolean array, int top, boolean texts) {}

    private Reranking() {}

    static JsonNode answer(Exchange exchange, Engine engine) throws InterruptedException {
        Asked asked = read(exchange.body());
        Reply.Ranking ranking = Questions.ask(
                exchange, engine, new Query.Rerank(asked.query(), asked.documents()), Reply.Ranking::tokens);
        ArrayNode results = Json.array();
        for (int index : best(ranking, asked.top())) {
            ObjectNode result = results.addObject().put("index", index);
            result.put(
                    asked.array() ? "score" : "relevance_score",
                    ranking.scores().get(index).value());
            if (asked.texts()) {
                ObjectNode owner = asked.array() ? result : result.putObject("document");
                owner.put("text", asked.documents().get(index));
            }
        }
        return asked.array() ? results : listed(results, engine, ranking.tokens());
    }

    private static Asked read(Fields fields) {
        boolean array = fields.has("texts") && !fields.has("documents");
        String query = fields.text("query").orElseThrow(() -> fields.missing("query"));
        List<String> documents = documents(fields, array ? "texts" : "documents");
        return new Asked(
                query,
                documents,
                array,
                fields.integer("top_n", TOP, documents.size()),
                fields.flag(array ? "return_text" : "return_documents", false));
    }

    private static List<Integer> best(Reply.Ranking ranking, int top) {
        return IntStream.range(0, ranking.scores().size())
                .boxed()
                .sorted(Comparator.comparingDouble(
                                (Integer index) -> ranking.scores().get(index).value())
                        .reversed())
                .limit(top)
                .toList();
    }

    private static ObjectNode listed(ArrayNode results, Engine engine, int tokens) {
        ObjectNode answer = Json.object().put("model", engine.model().name()).put("object", "list");
        answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        answer.set("results", results);
        return answer;
    }

    /** Strings, or objects with a {@code text}. */
    private static List<String> documents(Fields fields, String name) {
        ArrayNode array = fields.array(name).orElseThrow(() -> fields.missing(name));
        if (array.isEmpty()) {
            throw fields.invalid(name, array, "must not be empty");
        }
        List<String> documents = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            JsonNode document = array.get(i).isObject() ? array.get(i).path("text") : array.get(i);
            if (!document.isTextual()) {
                throw fields.invalid(name + "[" + i + "]", array.get(i), "must be a string, or an object with a text");
            }
            documents.add(document.textValue());
        }
        return documents;
    }
}
