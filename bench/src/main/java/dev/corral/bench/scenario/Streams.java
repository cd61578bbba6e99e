package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Crowd;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.measure.Turns;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import dev.corral.bench.report.LineChart;
import dev.corral.bench.report.Plot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Several clients stream at once, each with a prompt of its own. */
final class Streams implements Scenario {

    private static final int CONTEXT = 8192;
    private static final int WORDS = 10;
    private static final String UNIT = "tok/s";

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public String title() {
        return "streams with prompts of their own, 64 tokens each";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        List<Row> rows = new ArrayList<>();
        LineChart chart = new LineChart("Streams at once", "tokens a second, all together");
        for (int streams : bench.effort().streams()) {
            Map<String, Samples> speeds = measure(bench, streams);
            speeds.forEach((name, samples) -> chart.add(name, streams, samples.median()));
            rows.add(row(streams, bench.effort().of(64, 8), speeds));
        }
        bench.plot(new Plot("streams.svg", "Throughput by the number of streams", chart.toSvg()));
        return rows;
    }

    private Map<String, Samples> measure(Bench bench, int streams) throws Exception {
        int tokens = bench.effort().of(64, 8);
        int context = Math.max(CONTEXT, streams * 256);
        ServerSetup asItComes = ServerSetup.context(context);
        ServerSetup slotEach = asItComes.slots(streams);
        try (Peer few = bench.llamaServer(asItComes);
                Peer many = bench.llamaServer(slotEach);
                Peer corral = bench.corral(slotEach)) {
            int prompt = corral.target().tokenize(Words.of(WORDS, "streams", streams, 0, 0)).length;
            return new Turns()
                    .add("llama-server, 4 slots", round -> speed(few, streams, tokens, round))
                    .add("llama-server, a slot a stream", round -> speed(many, streams, tokens, round))
                    .add("Corral", round -> speed(corral, streams, tokens, round))
                    .add("limit", round -> bench.limit().tokensPerSecond(context, streams, prompt, tokens))
                    .run(bench.effort().rounds(streams > 8 ? 2 : Integer.MAX_VALUE));
        }
    }

    private static double speed(Peer peer, int streams, int tokens, int round) throws InterruptedException {
        return Crowd.tokensPerSecond(Crowd.run(
                streams,
                i -> peer.target().stream(Completion.of(Words.of(WORDS, "streams", streams, round, i), tokens))));
    }

    private static Row row(int streams, int tokens, Map<String, Samples> speeds) {
        double few = median(speeds, "llama-server, 4 slots");
        double many = median(speeds, "llama-server, a slot a stream");
        double limit = median(speeds, "limit");
        double corral = median(speeds, "Corral");
        Row row = Row.of("%d streams with prompts of their own, %d tokens each".formatted(streams, tokens))
                .llamaServer(
                        "%s (4 slots), %s (%d slots)".formatted(Figure.of(few, UNIT), Figure.of(many, UNIT), streams))
                .limit(Figure.of(limit, UNIT))
                .corral(Figure.of(corral, UNIT))
                .check(Check.atLeast(0.97, "of the limit", corral / limit))
                .check(Check.atLeast(1.03, "of llama-server's better", corral / Math.max(few, many)));
        for (Map.Entry<String, Samples> entry : speeds.entrySet()) {
            row = row.series(Series.of(entry.getKey(), UNIT, entry.getValue()));
        }
        return row;
    }

    private static double median(Map<String, Samples> speeds, String name) {
        return Objects.requireNonNull(speeds.get(name)).median();
    }
}
