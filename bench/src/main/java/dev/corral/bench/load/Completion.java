package dev.corral.bench.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a client asks for: a continuation of exactly so many tokens, greedy unless it has a seed.
 *
 * @param prompt as text
 * @param tokens how many to generate
 * @param schema a JSON schema that constrains the text
 * @param key the API key to show
 * @param seed of sampling at temperature 1
 */
public record Completion(
        String prompt, int tokens, Optional<String> schema, Optional<String> key, Optional<Integer> seed) {

    public static Completion of(String prompt, int tokens) {
        return new Completion(prompt, tokens, Optional.empty(), Optional.empty(), Optional.empty());
    }

    public Completion under(String jsonSchema) {
        return new Completion(prompt, tokens, Optional.of(jsonSchema), key, seed);
    }

    public Completion from(String apiKey) {
        return new Completion(prompt, tokens, schema, Optional.of(apiKey), seed);
    }

    public Completion sampled(int newSeed) {
        return new Completion(prompt, tokens, schema, key, Optional.of(newSeed));
    }

    /** Its body, which both servers understand. */
    byte[] toJson(boolean stream) {
        ObjectNode body = Json.object()
                .put("prompt", prompt)
                .put("n_predict", tokens)
                .put("temperature", seed.isPresent() ? 1 : 0)
                .put("cache_prompt", true)
                .put("stream", stream);
        seed.ifPresent(number -> body.put("seed", number));
        try {
            if (schema.isPresent()) {
                body.set("json_schema", Json.read(schema.get()));
            } else {
                body.put("ignore_eos", true);
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a schema: " + schema.orElse(""), e);
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }
}
