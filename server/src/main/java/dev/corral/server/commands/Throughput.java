package dev.corral.server.commands;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One measurement of an engine: tokens that so many requests at once read or generate, a second. Prompts are random, so none is
 * found in a cache.
 *
 * @param promptTokens of each request
 * @param generatedTokens of each request; 0 to read prompts only
 */
record Throughput(int promptTokens, int generatedTokens) {

    private static final double NANOS_A_SECOND = 1e9;
    private static final long SEED = 20_250_917;

    /**
     * Tokens a second of all requests together.
     *
     * @param deviation of the repetitions from their mean
     */
    record Rate(double mean, double deviation) {

        private static Rate of(List<Double> rates) {
            double mean =
                    rates.stream().mapToDouble(Double::doubleValue).average().orElse(0);
            double squares = rates.stream()
                    .mapToDouble(rate -> (rate - mean) * (rate - mean))
                    .sum();
            return new Rate(mean, rates.size() < 2 ? 0 : Math.sqrt(squares / (rates.size() - 1)));
        }
    }

    static Throughput ofPrompts(int tokens) {
        return new Throughput(tokens, 0);
    }

    static Throughput ofGeneration(int tokens) {
        return new Throughput(1, tokens);
    }

    /** How many tokens of each request count. */
    int tokens() {
        return generatedTokens == 0 ? promptTokens : generatedTokens;
    }

    /** Measures so often, after one time that does not count. */
    Rate measure(Engine engine, int streams, int repetitions) throws InterruptedException {
        Random random = new Random(SEED);
        once(engine, streams, random);
        List<Double> rates = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            long nanos = once(engine, streams, random);
            rates.add((double) tokens() * streams * NANOS_A_SECOND / nanos);
        }
        return Rate.of(rates);
    }

    private long once(Engine engine, int streams, Random random) throws InterruptedException {
        List<Generate> requests = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            requests.add(request(engine.model().vocabulary().size(), random));
        }
        long start = System.nanoTime();
        List<Generation> running = requests.stream().map(engine::submit).toList();
        for (Generation generation : running) {
            awaitEnd(generation);
        }
        return System.nanoTime() - start;
    }

    private Generate request(int vocabulary, Random random) {
        int[] tokens = random.ints(promptTokens, 0, vocabulary).toArray();
        return Generate.builder(Prompt.tokens(tokens))
                .sampling(Sampling.builder().temperature(0).ignoreEos(true).build())
                .limits(Limits.tokens(generatedTokens))
                .speculation(Speculation.OFF)
                .build();
    }

    private static void awaitEnd(Generation generation) throws InterruptedException {
        while (!generation.ended()) {
            if (generation.next() instanceof Event.Failed failed) {
                throw new EngineException(failed.error());
            }
        }
    }
}
