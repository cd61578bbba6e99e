package dev.corral.server.generation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Timings;
import dev.corral.engine.Usage;
import dev.corral.server.http.Json;

/**
 * llama-server's {@code timings} object. A rate leaves out the first token, whose time counts to the prompt.
 *
 * @param cached prompt tokens that came from the KV cache
 * @param prompt prompt tokens that were evaluated
 * @param promptMs from the slot to the first token
 * @param predicted tokens generated
 * @param predictedMs from the first token to the last
 * @param drafted tokens drafted
 * @param accepted drafted tokens that became output
 */
public record TimingsJson(
        int cached, int prompt, double promptMs, int predicted, double predictedMs, int drafted, int accepted) {

    private static final double NANOS_A_MILLISECOND = 1e6;

    public static TimingsJson of(Usage usage, Timings timings) {
        return of(usage.promptTokens(), usage.cachedTokens(), usage.generatedTokens(), timings)
                .withDrafts(usage.draftedTokens(), usage.acceptedTokens());
    }

    public static TimingsJson of(int promptTokens, int cachedTokens, int generatedTokens, Timings timings) {
        return new TimingsJson(
                cachedTokens,
                promptTokens - cachedTokens,
                timings.prompt() / NANOS_A_MILLISECOND,
                generatedTokens,
                timings.generation() / NANOS_A_MILLISECOND,
                0,
                0);
    }

    private TimingsJson withDrafts(int tokens, int acceptedTokens) {
        return new TimingsJson(cached, prompt, promptMs, predicted, predictedMs, tokens, acceptedTokens);
    }

    public ObjectNode toJson() {
        ObjectNode json = Json.object()
                .put("cache_n", cached)
                .put("prompt_n", prompt)
                .put("prompt_ms", promptMs)
                .put("prompt_per_token_ms", perToken(promptMs, prompt))
                .put("prompt_per_second", perSecond(promptMs, prompt))
                .put("predicted_n", predicted)
                .put("predicted_ms", predictedMs)
                .put("predicted_per_token_ms", perToken(predictedMs, predicted - 1))
                .put("predicted_per_second", perSecond(predictedMs, predicted - 1));
        if (drafted > 0) {
            json.put("draft_n", drafted).put("draft_n_accepted", accepted);
        }
        return json;
    }

    private static double perToken(double milliseconds, int tokens) {
        return tokens > 0 ? milliseconds / tokens : 0;
    }

    private static double perSecond(double milliseconds, int tokens) {
        return milliseconds > 0 && tokens > 0 ? 1000 * tokens / milliseconds : 0;
    }
}
