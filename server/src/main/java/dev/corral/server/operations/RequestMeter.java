package dev.corral.server.operations;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * What is measured of generations, of every dialect alike: how long their clients waited, how they ended, which adapters
 * they use. Times are those of the thread that reads a generation's events, in seconds. Thread-safe.
 */
public final class RequestMeter {

    private static final double[] FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] BETWEEN_TOKENS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
        80
    };
    private static final double[] WHOLE = {
        0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double NANOS_A_SECOND = 1e9;

    /** Requests with an adapter, by where they are. */
    private static final class AdapterUse {
        private final ConcurrentMap<String, Integer> requests = new ConcurrentHashMap<>();

        private void change(Collection<String> adapters, int by) {
            adapters.forEach(name -> requests.merge(name, by, (one, other) -> one + other == 0 ? null : one + other));
        }

        private String names() {
            return requests.keySet().stream().sorted().collect(Collectors.joining(","));
        }
    }

    private final Histogram firstToken = new Histogram(FIRST_TOKEN);
    private final Histogram betweenTokens = new Histogram(BETWEEN_TOKENS);
    private final Histogram aToken = new Histogram(BETWEEN_TOKENS);
    private final Histogram whole = new Histogram(WHOLE);
    private final Histogram queued = new Histogram(WHOLE);
    private final Histogram prompt = new Histogram(WHOLE);
    private final Histogram generation = new Histogram(WHOLE);
    private final Map<FinishReason, LongAdder> ended = new ConcurrentHashMap<>();
    private final LongAccumulator longest = new LongAccumulator(Math::max, 0);
    private final AdapterUse waiting = new AdapterUse();
    private final AdapterUse running = new AdapterUse();

    void waits(Collection<String> adapters) {
        waiting.change(adapters, 1);
    }

    void starts(Collection<String> adapters) {
        waiting.change(adapters, -1);
        running.change(adapters, 1);
    }

    void leaves(Collection<String> adapters, boolean started) {
        (started ? running : waiting).change(adapters, -1);
    }

    /** The first token of a generation came, so long after it was asked for. */
    void first(long nanos) {
        firstToken.observe(nanos / NANOS_A_SECOND, 1);
    }

    /** So many tokens more came, so long after those before them. */
    void more(int tokens, long nanos) {
        betweenTokens.observe(nanos / NANOS_A_SECOND / tokens, tokens);
    }

    /** A completion ended, so long after it was asked for. */
    void ends(Event.Finished finished, long nanos) {
        whole.observe(nanos / NANOS_A_SECOND, 1);
        queued.observe(finished.timings().queued() / NANOS_A_SECOND, 1);
        prompt.observe(finished.timings().prompt() / NANOS_A_SECOND, 1);
        generation.observe(finished.timings().generation() / NANOS_A_SECOND, 1);
        int tokens = finished.usage().generatedTokens();
        if (tokens > 1) {
            aToken.observe(finished.timings().generation() / NANOS_A_SECOND / (tokens - 1), 1);
        }
        ended.computeIfAbsent(finished.reason(), _ -> new LongAdder()).increment();
        longest.accumulate(finished.usage().promptTokens() + tokens);
    }

    /** Tokens of the longest completion with its prompt. */
    long longest() {
        return longest.get();
    }

    long ended(FinishReason reason) {
        LongAdder count = ended.get(reason);
        return count == null ? 0 : count.sum();
    }

    /** Adapters of requests that wait for a slot, with commas between them. */
    String waitingAdapters() {
        return waiting.names();
    }

    /** Adapters of requests that are in a slot. */
    String runningAdapters() {
        return running.names();
    }

    /** The histograms by vLLM's names. */
    void writeTo(MetricsText text, String... labels) {
        write(text, "time_to_first_token_seconds", "From a request to its first token", firstToken, labels);
        write(text, "inter_token_latency_seconds", "From one token to the next", betweenTokens, labels);
        write(text, "time_per_output_token_seconds", "From one token to the next", betweenTokens, labels);
        write(
                text,
                "request_time_per_output_token_seconds",
                "Time of a request after its first token, by tokens",
                aToken,
                labels);
        write(text, "e2e_request_latency_seconds", "From a request to its last token", whole, labels);
        write(text, "request_queue_time_seconds", "From a request to its slot", queued, labels);
        write(text, "request_prefill_time_seconds", "From the slot to the first token", prompt, labels);
        write(text, "request_decode_time_seconds", "From the first token to the last", generation, labels);
    }

    private static void write(MetricsText text, String name, String help, Histogram histogram, String... labels) {
        String full = Metrics.VLLM + name;
        histogram.writeTo(text.family(full, MetricsText.Type.HISTOGRAM, help), full, labels);
    }
}
