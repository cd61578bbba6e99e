package dev.corral.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A streamed answer as its client saw it. Times are of {@link System#nanoTime}.
 *
 * @param status of HTTP
 * @param sent when the request was sent
 * @param events when each event with text or tokens came
 * @param ended when the last byte came, or the refusal
 * @param text all of it
 * @param result the last event, which has the counts and timings
 * @param error what the server said where it failed
 * @param retryAfter seconds, from the header of that name
 */
public record Streamed(
        int status,
        long sent,
        List<Long> events,
        long ended,
        String text,
        Optional<JsonNode> result,
        Optional<String> error,
        Optional<Integer> retryAfter) {

    public Streamed {
        events = List.copyOf(events);
    }

    /** True when the text came to its end. */
    public boolean completed() {
        return status == 200 && error.isEmpty() && result.isPresent();
    }

    /** Itself, or an exception that says why it is incomplete. */
    public Streamed require() {
        if (!completed()) {
            throw new IllegalStateException("a request failed with HTTP " + status + ": " + error.orElse("no end"));
        }
        return this;
    }

    /** Tokens generated, as the server counted them. */
    public int tokens() {
        return result.map(last -> last.path("tokens_predicted").asInt()).orElse(0);
    }

    /** Tokens of the prompt, those from a cache included. */
    public int promptTokens() {
        return result.map(last -> last.path("tokens_evaluated").asInt()).orElse(0);
    }

    /** Tokens of the prompt that were computed. */
    public int evaluatedTokens() {
        return result.map(last -> last.path("timings").path("prompt_n").asInt()).orElse(0);
    }

    /** Milliseconds from the request to the first event. */
    public double millisToFirst() {
        return events.isEmpty() ? Double.NaN : (events.getFirst() - sent) / 1e6;
    }

    /** Tokens a second once the prompt is read: those after the first, from when that came. */
    public double generationSpeed() {
        return events.isEmpty() ? Double.NaN : (tokens() - 1) / ((ended - events.getFirst()) / 1e9);
    }

    public double seconds() {
        return (ended - sent) / 1e9;
    }

    /** Milliseconds between events that follow each other, the later one within a span of time. */
    public List<Double> gaps(long from, long to) {
        List<Double> gaps = new ArrayList<>();
        for (int i = 1; i < events.size(); i++) {
            if (events.get(i) > from && events.get(i) <= to) {
                gaps.add((events.get(i) - events.get(i - 1)) / 1e6);
            }
        }
        return gaps;
    }
}
