package dev.corral.server.generation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.TokenLogprob;
import dev.corral.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Tokens with their probabilities as llama-server writes them in all its dialects: {@code [{"id", "token", "bytes",
 * "logprob", "top_logprobs": [{"id", "token", "bytes", "logprob"}]}]}.
 *
 * @param logprob the name of the number, {@code logprob} or {@code prob}
 * @param top the name of the list of likeliest tokens
 * @param exponential whether the number is a probability rather than its logarithm
 */
public record LogprobsJson(String logprob, String top, boolean exponential) {

    /** Logarithms of the model's own probabilities. */
    public static final LogprobsJson LOGARITHMS = new LogprobsJson("logprob", "top_logprobs", false);

    /** Probabilities after sampling. */
    public static final LogprobsJson PROBABILITIES = new LogprobsJson("prob", "top_probs", true);

    /**
     * The array of these tokens.
     *
     * @param most how many of the likeliest tokens to show with each
     */
    public ArrayNode toJson(List<TokenLogprob> tokens, int most) {
        ArrayNode array = Json.array();
        for (TokenLogprob token : tokens) {
            ArrayNode likeliest = put(array.addObject(), token).putArray(top);
            token.top().stream().limit(most).forEach(likely -> put(likeliest.addObject(), likely));
        }
        return array;
    }

    private ObjectNode put(ObjectNode node, TokenLogprob token) {
        byte[] text = new byte[token.bytes().size()];
        for (int i = 0; i < text.length; i++) {
            text[i] = token.bytes().get(i).byteValue();
        }
        node.put("id", token.token()).put("token", new String(text, StandardCharsets.UTF_8));
        ArrayNode bytes = node.putArray("bytes");
        token.bytes().forEach(bytes::add);
        return node.put(logprob, exponential ? Math.exp(token.logprob()) : finite(token.logprob()));
    }

    /** JSON has no infinity; the logarithm of nothing becomes the least number, as llama-server has it. */
    private static double finite(double logprob) {
        return Math.max(logprob, -Float.MAX_VALUE);
    }
}
