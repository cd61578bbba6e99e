package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.EmbeddingFields;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * {@code POST /v1/embeddings}. {@code input} is a text, tokens, or an array of either; {@code encoding_format} says
 * whether vectors are arrays of numbers or base64 of little-endian 32-bit floats.
 */
final class Embeddings {

    private static final String SHAPES = "must be a string, an array of token ids, or an array of either";

    /**
     * What is asked for.
     *
     * @param model which model, where the request says
     * @param base64 vectors in base64
     */
    record Asked(Optional<String> model, Query.Embed query, boolean base64) {}

    private Embeddings() {}

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The vectors of texts")
                .body(
                        fields -> read(fields, defaults),
                        "{'input': ['Hello, world!', 'And again.']}",
                        "{'input': 'Hello, world!', 'model': 'default', 'encoding_format': 'base64', 'dimensions': 2}");
    }

    static Asked read(Fields fields, Defaults defaults) {
        return new Asked(fields.text("model"), EmbeddingFields.read(fields, inputs(fields), defaults), base64(fields));
    }

    static ObjectNode answer(Exchange exchange, Engine engine, Asked asked) throws InterruptedException {
        EmbeddingFields.requireOneVector(asked.query(), engine.model());
        Reply.Embeddings reply = Questions.ask(exchange, engine, asked.query(), Reply.Embeddings::tokens);
        ObjectNode answer = Json.object().put("object", "list");
        ArrayNode data = answer.putArray("data");
        for (int i = 0; i < reply.embeddings().size(); i++) {
            float[] vector = reply.embeddings().get(i).vectors().getFirst();
            ObjectNode entry = data.addObject().put("object", "embedding").put("index", i);
            if (asked.base64()) {
                entry.put("embedding", encoded(vector)).put("encoding_format", "base64");
            } else {
                entry.putPOJO("embedding", vector);
            }
        }
        answer.put("model", engine.model().name());
        answer.putObject("usage").put("prompt_tokens", reply.tokens()).put("total_tokens", reply.tokens());
        return answer;
    }

    private static List<Prompt> inputs(Fields fields) {
        JsonNode value = fields.node("input").orElseThrow(() -> fields.missing("input"));
        if (!(value instanceof ArrayNode array)
                || (!array.isEmpty() && array.get(0).isNumber())) {
            return List.of(input(fields, "input", value));
        }
        List<Prompt> inputs = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            inputs.add(input(fields, "input[" + i + "]", array.get(i)));
        }
        return inputs;
    }

    private static Prompt input(Fields fields, String name, JsonNode value) {
        return switch (value) {
            case JsonNode text when text.isTextual() -> Prompt.text(text.textValue());
            case ArrayNode ids -> new Prompt.Ids(fields.tokens(name, ids));
            default -> throw fields.invalid(name, value, SHAPES);
        };
    }

    private static boolean base64(Fields fields) {
        return switch (fields.text("encoding_format").orElse("float")) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw fields.invalid(
                        "encoding_format", fields.json().get("encoding_format"), "must be float or base64");
        };
    }

    private static String encoded(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
