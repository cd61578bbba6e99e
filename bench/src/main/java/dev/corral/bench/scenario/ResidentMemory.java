package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Crowd;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.util.List;

/** What a server with all its processes holds in memory after its slots have worked. */
final class ResidentMemory implements Scenario {

    private static final int SLOTS = 4;
    private static final double ALLOWANCE = 150 << 20;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String title() {
        return "resident memory, 4 slots, same context";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        ServerSetup setup = ServerSetup.context(8192).slots(SLOTS);
        Samples llama = new Samples();
        Samples corral = new Samples();
        for (int round = 0; round < bench.effort().rounds(2); round++) {
            llama.add(afterWork(bench, bench.llamaServer(setup)));
            corral.add(afterWork(bench, bench.corral(setup)));
        }
        double more = corral.median() - llama.median();
        return List.of(Row.of(title())
                .llamaServer(Figure.mebibytes(llama.median()))
                .corral(Figure.mebibytes(corral.median()))
                .check(new Check(
                        "≤ llama-server + 150 MiB", "%+.0f MiB".formatted(more / (1 << 20)), more <= ALLOWANCE))
                .series(Series.of("llama-server", "bytes", llama))
                .series(Series.of("corral", "bytes", corral)));
    }

    private static double afterWork(Bench bench, Peer started) throws Exception {
        int words = bench.effort().of(200, 20);
        int tokens = bench.effort().of(32, 4);
        try (Peer peer = started) {
            Crowd.run(
                    SLOTS,
                    i -> peer.target().stream(Completion.of(Words.of(words, "memory", i), tokens))
                            .require());
            return peer.residentBytes();
        }
    }
}
