package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Words;
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

/** How soon an idle server says the first word. */
final class FirstToken implements Scenario {

    private static final int CONTEXT = 8192;
    private static final int WORDS = 10;
    private static final String TOPIC = "first token";

    @Override
    public String name() {
        return "first-token";
    }

    @Override
    public String title() {
        return "time to first token of a 10-word prompt on an idle server";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        ServerSetup setup = ServerSetup.context(CONTEXT);
        Samples prefill = new Samples();
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup)) {
            int prompt = corral.target().tokenize(Words.of(WORDS, TOPIC, 0)).length;
            Map<String, Samples> waits = new Turns()
                    .add("llama-server", round -> millis(llama, TOPIC, round))
                    .add("corral", round -> millis(corral, TOPIC, round))
                    .run(bench.effort().of(15, 2) * bench.effort().rounds());
            for (int i = 0; i < bench.effort().rounds(); i++) {
                prefill.add(bench.limit().run(CONTEXT, 1, prompt, 1).promptSeconds() * 1000);
            }
            return List.of(Conversations.row(title(), waits)
                    .limit(Figure.of(prefill.median(), "ms"))
                    .series(Series.of("limit", "ms", prefill)));
        }
    }

    /** Milliseconds to the first token of ten words. */
    static double millis(Peer peer, String topic, int round) throws IOException {
        return peer.target().stream(Completion.of(Words.of(WORDS, topic, round), 2))
                .require()
                .millisToFirst();
    }
}
