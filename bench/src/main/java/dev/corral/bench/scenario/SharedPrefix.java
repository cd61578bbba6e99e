package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Crowd;
import dev.corral.bench.load.Streamed;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.measure.Turns;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Requests that begin with the same text: all at once, more of them, and while the first is still being read. */
final class SharedPrefix implements Scenario {

    private static final int CONTEXT = 16_384;
    private static final int SLOTS = 8;
    private static final Duration HEAD_START = Duration.ofMillis(30);
    private static final String UNIT = "req/s";

    @Override
    public String name() {
        return "shared-prefix";
    }

    @Override
    public String title() {
        return "requests with a shared 500-word prefix, 16 tokens each";
    }

    /** One way to send them. */
    private record Arrival(String name, int requests, Duration headStart) {}

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int words = bench.effort().of(500, 60);
        int tokens = bench.effort().of(16, 4);
        ServerSetup asItComes = ServerSetup.context(CONTEXT);
        try (Peer four = bench.llamaServer(asItComes);
                Peer eight = bench.llamaServer(asItComes.slots(SLOTS));
                Peer corral = bench.corral(asItComes.slots(SLOTS))) {
            Arrival together = new Arrival("at once", 12, Duration.ZERO);
            Arrival crowd = new Arrival("at once", bench.effort().of(32, 16), Duration.ZERO);
            Arrival staggered = new Arrival("the first still being read", 12, HEAD_START);
            Workload workload = new Workload(words, tokens);

            Work corralTogether = new Work(corral, workload, together);
            Map<String, Samples> speeds = new Turns()
                    .add("4", new Work(four, workload, together)::speed)
                    .add("8", new Work(eight, workload, together)::speed)
                    .add("corral", corralTogether::speed)
                    .run(bench.effort().rounds(2));
            List<Row> rows = new ArrayList<>();
            rows.add(fast(corralTogether, speeds));
            rows.add(thrifty(new Work(four, workload, crowd), new Work(corral, workload, crowd)));
            rows.add(thrifty(new Work(four, workload, staggered), new Work(corral, workload, staggered)));
            return rows;
        }
    }

    private record Workload(int words, int tokens) {

        String prompt(Arrival arrival, int round, int request) {
            int key = arrival.requests() * 1000
                    + Math.toIntExact(arrival.headStart().toMillis());
            return Words.of(words, "shared prefix", key, round) + ". " + Words.of(8, "question", key, round, request);
        }
    }

    /** One server's turns at one kind of arrival, and what it counted. */
    private static final class Work {
        private final Peer peer;
        private final Workload workload;
        private final Arrival arrival;
        private final Samples speeds = new Samples();
        private final Samples excess = new Samples();

        Work(Peer peer, Workload workload, Arrival arrival) {
            this.peer = peer;
            this.workload = workload;
            this.arrival = arrival;
        }

        double speed(int round) throws IOException, InterruptedException {
            List<Streamed> answers = Crowd.run(arrival.requests(), i -> {
                if (i > 0) {
                    Thread.sleep(arrival.headStart());
                }
                return peer.target().stream(Completion.of(workload.prompt(arrival, round, i), workload.tokens()))
                        .require();
            });
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < arrival.requests(); i++) {
                prompts.add(peer.target().tokenize(workload.prompt(arrival, round, i)));
            }
            int evaluated = answers.stream().mapToInt(Streamed::evaluatedTokens).sum();
            excess.add((double) evaluated / UniqueTokens.count(prompts));
            speeds.add(arrival.requests() / Crowd.seconds(answers));
            return speeds.values().getLast();
        }

        String title() {
            return "%d requests with a shared %d-word prefix, %d tokens each: %s"
                    .formatted(arrival.requests(), workload.words(), workload.tokens(), arrival.name());
        }
    }

    private static Row fast(Work corral, Map<String, Samples> speeds) {
        double four = Objects.requireNonNull(speeds.get("4")).median();
        double eight = Objects.requireNonNull(speeds.get("8")).median();
        return Row.of(corral.title())
                .llamaServer(
                        "%s (4 slots), %s (%d slots)".formatted(Figure.of(four, UNIT), Figure.of(eight, UNIT), SLOTS))
                .corral(Figure.of(corral.speeds.median(), UNIT))
                .check(Check.atLeast(2.5, "× llama-server's better", corral.speeds.median() / Math.max(four, eight)))
                .check(evaluated(corral))
                .series(Series.of("llama-server, 4 slots", UNIT, Objects.requireNonNull(speeds.get("4"))))
                .series(Series.of("llama-server, 8 slots", UNIT, Objects.requireNonNull(speeds.get("8"))))
                .series(Series.of("corral", UNIT, corral.speeds))
                .series(Series.of("corral evaluated", "× unique", corral.excess));
    }

    private static Row thrifty(Work llama, Work corral) throws IOException, InterruptedException {
        llama.speed(0);
        corral.speed(0);
        return Row.of(corral.title())
                .llamaServer(figures(llama))
                .corral(figures(corral))
                .check(evaluated(corral))
                .series(Series.of("llama-server evaluated", "× unique", llama.excess))
                .series(Series.of("corral evaluated", "× unique", corral.excess));
    }

    private static String figures(Work work) {
        return Figure.of(work.speeds.median(), UNIT) + ", " + Figure.of(work.excess.median(), "× unique");
    }

    private static Check evaluated(Work corral) {
        return Check.atMost(1.05, "prompt tokens evaluated for each unique one", corral.excess.max());
    }
}
