package dev.corral.bench.scenario;

import dev.corral.bench.load.Crowd;
import dev.corral.bench.load.HttpConnection;
import dev.corral.bench.load.HttpRequest;
import dev.corral.bench.load.Target;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Clients that only tokenize, as fast as they are answered. */
final class Tokenize implements Scenario {

    private static final int CLIENTS = 8;
    private static final String UNIT = "req/s";

    @Override
    public String name() {
        return "tokenize";
    }

    @Override
    public String title() {
        return "/tokenize, 8 clients";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        Duration span = Duration.ofMillis(bench.effort().of(2000, 300));
        ServerSetup setup = ServerSetup.context(8192);
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup)) {
            rate(llama, span);
            rate(corral, span);
            Map<String, Samples> rates = new Turns()
                    .add("llama-server", round -> rate(llama, span))
                    .add("corral", round -> rate(corral, span))
                    .run(bench.effort().rounds());
            Samples llamaRate = Objects.requireNonNull(rates.get("llama-server"));
            Samples corralRate = Objects.requireNonNull(rates.get("corral"));
            return List.of(Row.of(title())
                    .llamaServer(Figure.of(llamaRate.median(), UNIT))
                    .corral(Figure.of(corralRate.median(), UNIT))
                    .check(Check.atLeast(1.0, "of llama-server", corralRate.median() / llamaRate.median()))
                    .series(Series.of("llama-server", UNIT, llamaRate))
                    .series(Series.of("corral", UNIT, corralRate)));
        }
    }

    /** Requests a second of all clients; platform threads, which cost the least here. */
    private static double rate(Peer peer, Duration span) throws InterruptedException {
        long begun = System.nanoTime();
        int answered = Crowd.run(
                        CLIENTS,
                        i -> ask(peer.target(), i, span),
                        Thread.ofPlatform().factory())
                .stream()
                .mapToInt(Integer::intValue)
                .sum();
        return answered * 1e9 / (System.nanoTime() - begun);
    }

    private static int ask(Target target, int client, Duration span) throws IOException {
        HttpRequest request = target.tokenizeRequest(Words.of(20, "tokenize", client));
        long end = System.nanoTime() + span.toNanos();
        int answered = 0;
        try (HttpConnection connection = target.connect()) {
            while (System.nanoTime() < end) {
                Target.exchange(connection, request);
                answered++;
            }
        }
        return answered;
    }
}
