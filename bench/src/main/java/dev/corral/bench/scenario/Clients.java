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
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Far more streaming clients than slots, of two keys, one of which sends four times as much as the other. */
final class Clients implements Scenario {

    private static final int SLOTS = 8;
    private static final int WORDS = 8;
    private static final double AT_ONCE_MILLIS = 1000;
    private static final int PATIENCE_SECONDS = 40;
    private static final List<String> KEYS = List.of("many", "few");

    @Override
    public String name() {
        return "clients";
    }

    @Override
    public String title() {
        return "1,000 streaming clients on 8 slots";
    }

    /** What became of one client. */
    private record Fate(String key, Optional<Streamed> answer) {

        boolean served() {
            return answer.filter(Streamed::completed).isPresent();
        }

        boolean refused() {
            return answer.filter(streamed -> streamed.status() == 503 || streamed.status() == 429)
                    .filter(streamed -> streamed.retryAfter().isPresent())
                    .isPresent();
        }
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int clients = bench.effort().of(1000, 320);
        int tokens = bench.effort().of(8, 2);
        ServerSetup setup = ServerSetup.context(8192).slots(SLOTS).with("--api-key", String.join(",", KEYS));
        List<Fate> llama;
        List<Fate> corral;
        try (Peer peer = bench.coldLlamaServer(setup)) {
            llama = crowd(peer, clients, tokens);
        }
        try (Peer peer = bench.coldCorral(setup)) {
            corral = crowd(peer, clients, tokens);
        }
        return List.of(row(clients, llama, corral));
    }

    /** Everybody at once; whoever still waits when patience ends is sent away by stopping the server. */
    private static List<Fate> crowd(Peer peer, int clients, int tokens) throws InterruptedException {
        try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            ScheduledFuture<?> alarm = clock.schedule(peer::kill, PATIENCE_SECONDS, TimeUnit.SECONDS);
            try {
                return Crowd.run(clients, i -> ask(peer, i, tokens));
            } finally {
                alarm.cancel(false);
            }
        }
    }

    private static Fate ask(Peer peer, int client, int tokens) {
        String key = KEYS.get(client % 5 == 4 ? 1 : 0);
        Completion completion =
                Completion.of(Words.of(WORDS, "clients", client), tokens).from(key);
        try {
            return new Fate(key, Optional.of(peer.target().stream(completion)));
        } catch (IOException e) {
            return new Fate(key, Optional.empty());
        }
    }

    private Row row(int clients, List<Fate> llama, List<Fate> corral) {
        long served = corral.stream().filter(Fate::served).count();
        long refused = corral.stream().filter(Fate::refused).count();
        Samples refusals = Samples.of(corral.stream()
                .filter(Fate::refused)
                .flatMap(fate -> fate.answer().stream())
                .map(answer -> answer.seconds() * 1000)
                .toList());
        double slowest = refusals.isEmpty() ? 0 : refusals.max();
        double unfair = unfairness(corral);
        return Row.of("%,d streaming clients on %d slots".formatted(clients, SLOTS))
                .llamaServer("%d served, %d refused, %d left after %d s"
                        .formatted(
                                llama.stream().filter(Fate::served).count(),
                                llama.stream().filter(Fate::refused).count(),
                                llama.stream()
                                        .filter(fate -> !fate.served() && !fate.refused())
                                        .count(),
                                PATIENCE_SECONDS))
                .corral("%d served, %d refused in %s at most".formatted(served, refused, Figure.of(slowest, "ms")))
                .check(new Check(
                        "each served or refused with Retry-After",
                        "%d of %d".formatted(served + refused, clients),
                        served + refused == clients))
                .check(new Check("refused within 1 s", Figure.of(slowest, "ms"), slowest <= AT_ONCE_MILLIS))
                .check(new Check(
                        "two keys served alike within 10 % while both wait",
                        Figure.of(unfair * 100, "%"), unfair <= 0.10))
                .series(Series.of("corral refusals", "ms", refusals));
    }

    /** How far the keys' tokens are apart, for their mean, while both had requests left. */
    private static double unfairness(List<Fate> fates) {
        long until = KEYS.stream()
                .mapToLong(key -> fates.stream()
                        .filter(fate -> fate.served() && fate.key().equals(key))
                        .flatMap(fate -> fate.answer().stream())
                        .mapToLong(Streamed::ended)
                        .max()
                        .orElse(Long.MIN_VALUE))
                .min()
                .orElseThrow();
        double many = tokens(fates, KEYS.getFirst(), until);
        double few = tokens(fates, KEYS.getLast(), until);
        return Math.abs(many - few) / ((many + few) / 2);
    }

    private static double tokens(List<Fate> fates, String key, long until) {
        return fates.stream()
                .filter(fate -> fate.key().equals(key))
                .flatMap(fate -> fate.answer().stream())
                .flatMap(answer -> answer.events().stream())
                .filter(time -> time <= until)
                .count();
    }
}
