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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** More conversations than slots, in turn, each coming back for a second turn. */
final class Conversations implements Scenario {

    private static final int COUNT = 12;
    private static final int CONTEXT = 8192;

    @Override
    public String name() {
        return "conversations";
    }

    @Override
    public String title() {
        return "12 conversations in turn on 4 slots, second turn";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        ServerSetup setup = ServerSetup.context(CONTEXT);
        int words = bench.effort().of(100, 20);
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup)) {
            Map<String, Samples> waits = new Turns()
                    .add("llama-server", round -> secondTurn(llama, words, round))
                    .add("corral", round -> secondTurn(corral, words, round))
                    .run(bench.effort().rounds());
            return List.of(row(title() + ": time to first token", waits));
        }
    }

    private static double secondTurn(Peer peer, int words, int round) throws IOException {
        List<Conversation> conversations = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            Conversation conversation = new Conversation(peer.target(), words, "conversation", round, i);
            conversation.open(16);
            conversations.add(conversation);
        }
        Samples waits = new Samples();
        for (Conversation conversation : conversations) {
            waits.add(conversation.goOn(10, 4).millisToFirst());
        }
        return waits.median();
    }

    /** A row on how long the first token of a turn takes. */
    static Row row(String work, Map<String, Samples> waits) {
        Samples llama = Objects.requireNonNull(waits.get("llama-server"));
        Samples corral = Objects.requireNonNull(waits.get("corral"));
        return Row.of(work)
                .llamaServer(Figure.of(llama.median(), "ms"))
                .corral(Figure.of(corral.median(), "ms"))
                .check(Check.atLeast(1.0, "× as quick as llama-server", llama.median() / corral.median()))
                .series(Series.of("llama-server", "ms", llama))
                .series(Series.of("corral", "ms", corral));
    }
}
