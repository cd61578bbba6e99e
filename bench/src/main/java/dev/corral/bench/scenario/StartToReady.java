package dev.corral.bench.scenario;

import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.measure.Turns;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** How long a server takes from its start to being ready, with the model in the page cache. */
final class StartToReady implements Scenario {

    private static final double LIMIT_SECONDS = 1.0;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String title() {
        return "start to ready, model in the page cache";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        ServerSetup setup = ServerSetup.context(8192);
        Samples llamaAnswers = new Samples();
        Samples corralAnswers = new Samples();
        seconds(bench.coldLlamaServer(setup), new Samples());
        seconds(bench.coldCorral(setup), new Samples());
        Map<String, Samples> starts = new Turns()
                .add("llama-server", round -> seconds(bench.coldLlamaServer(setup), llamaAnswers))
                .add("corral", round -> seconds(bench.coldCorral(setup), corralAnswers))
                .run(bench.effort().of(5, 1));
        Samples llama = Objects.requireNonNull(starts.get("llama-server"));
        Samples corral = Objects.requireNonNull(starts.get("corral"));
        return List.of(
                Row.of(title())
                        .llamaServer(Figure.of(llama.median(), "s"))
                        .corral(Figure.of(corral.median(), "s"))
                        .check(new Check("≤ 1.0 s", Figure.of(corral.median(), "s"), corral.median() <= LIMIT_SECONDS))
                        .series(Series.of("llama-server", "s", llama))
                        .series(Series.of("corral", "s", corral)),
                Row.of("the first request after the start, 10 words: time to first token")
                        .llamaServer(Figure.of(llamaAnswers.median(), "ms"))
                        .corral(Figure.of(corralAnswers.median(), "ms"))
                        .series(Series.of("llama-server", "ms", llamaAnswers))
                        .series(Series.of("corral", "ms", corralAnswers)));
    }

    private static double seconds(Peer peer, Samples firstAnswers) throws IOException {
        try (peer) {
            firstAnswers.add(FirstToken.millis(peer, "first answer", 0));
            return peer.startToReady().toNanos() / 1e9;
        }
    }
}
