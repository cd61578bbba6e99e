package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Streamed;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import dev.corral.bench.report.Histogram;
import dev.corral.bench.report.Plot;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A long prompt arrives while another client streams: how long that one waits, and what its waiting less costs. */
final class LongPrompt implements Scenario {

    private static final int CONTEXT = 16_384;
    private static final int BEFORE = 16;
    private static final String SPEED = "tok/s";

    @Override
    public String name() {
        return "long-prompt";
    }

    @Override
    public String title() {
        return "a 1,500-word prompt arrives while another client streams";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        ServerSetup setup = ServerSetup.context(CONTEXT);
        int words = bench.effort().of(1500, 150);
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup)) {
            Meeting llamaMeeting = new Meeting(llama, words);
            Meeting corralMeeting = new Meeting(corral, words);
            for (int round = 0; round < bench.effort().rounds(); round++) {
                llamaMeeting.hold(round);
                corralMeeting.hold(round);
            }
            Histogram histogram = new Histogram("milliseconds between two events of the stream", "share of the gaps");
            histogram.add("llama-server", llamaMeeting.gaps.values());
            histogram.add("Corral", corralMeeting.gaps.values());
            bench.plot(new Plot(
                    "gaps.svg",
                    "Gaps between tokens of a stream while a prompt of %,d words is read".formatted(words),
                    histogram.toSvg()));
            return rows(words, llamaMeeting, corralMeeting);
        }
    }

    /** One server's turns. */
    private static final class Meeting {
        private final Peer peer;
        private final int words;
        private final Samples longest = new Samples();
        private final Samples steps = new Samples();
        private final Samples gaps = new Samples();
        private final Samples alone = new Samples();
        private final Samples beside = new Samples();

        Meeting(Peer peer, int words) {
            this.peer = peer;
            this.words = words;
        }

        void hold(int round) throws Exception {
            alone.add(promptSpeed(read("alone", round)));
            CountDownLatch streaming = new CountDownLatch(BEFORE);
            CompletableFuture<Streamed> arrived = new CompletableFuture<>();
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<Streamed> stream = executor.submit(() -> {
                    try {
                        return peer.target().stream(
                                Completion.of(Words.of(10, "long prompt's neighbour", round), 1500), events -> {
                                    streaming.countDown();
                                    return !arrived.isDone();
                                });
                    } finally {
                        release(streaming);
                    }
                });
                try {
                    streaming.await();
                    arrived.complete(read("beside", round));
                } catch (IOException | RuntimeException e) {
                    arrived.completeExceptionally(e);
                }
                record(stream.get(), arrived.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException("a client failed: " + e.getCause(), e);
            }
            settle();
        }

        private static void release(CountDownLatch latch) {
            while (latch.getCount() > 0) {
                latch.countDown();
            }
        }

        private Streamed read(String kind, int round) throws IOException {
            return peer.target().stream(Completion.of(Words.of(words, "long prompt " + kind, round), 1))
                    .require();
        }

        /** The stream's slot is free again when something short has run. */
        private void settle() throws IOException {
            peer.target().stream(Completion.of(Words.of(4, "settle"), 2)).require();
        }

        private void record(Streamed stream, Streamed arrived) {
            List<Double> meanwhile = stream.gaps(arrived.sent(), Long.MAX_VALUE);
            if (meanwhile.isEmpty()) {
                throw new IllegalStateException("the stream ended before the long prompt was read");
            }
            meanwhile.forEach(gaps::add);
            longest.add(Samples.of(meanwhile).max());
            steps.add(Samples.of(stream.gaps(0, arrived.sent())).median());
            beside.add(promptSpeed(arrived));
        }

        private static double promptSpeed(Streamed answer) {
            return answer.evaluatedTokens() / answer.seconds();
        }

        String figure() {
            return "%s; prompt read at %s, alone %s"
                    .formatted(
                            Figure.of(longest.median(), "ms"),
                            Figure.of(beside.median(), SPEED),
                            Figure.of(alone.median(), SPEED));
        }
    }

    private static List<Row> rows(int words, Meeting llama, Meeting corral) {
        double allowed = Math.max(150, 2 * corral.steps.median());
        double gap = corral.longest.median();
        Row row = Row.of("a %,d-word prompt arrives while another client streams: longest gap between tokens"
                        .formatted(words))
                .llamaServer(llama.figure())
                .limit("one step: " + Figure.of(corral.steps.median(), "ms"))
                .corral(corral.figure())
                .check(new Check(
                        "≤ max(150 ms, 2 × the unloaded step) = " + Figure.of(allowed, "ms"),
                        Figure.of(gap, "ms"),
                        gap <= allowed))
                .check(Check.atLeast(
                        0.95, "of its prefill speed alone", corral.beside.median() / corral.alone.median()))
                .series(Series.of("llama-server longest gap", "ms", llama.longest))
                .series(Series.of("corral longest gap", "ms", corral.longest))
                .series(Series.of("corral prefill alone", SPEED, corral.alone))
                .series(Series.of("corral prefill beside a stream", SPEED, corral.beside));
        return List.of(row);
    }
}
