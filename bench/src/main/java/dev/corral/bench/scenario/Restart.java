package dev.corral.bench.scenario;

import dev.corral.bench.load.Streamed;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A conversation comes back after the server was restarted with a cache on disk. */
final class Restart implements Scenario {

    private static final String FLAG = "--cache-disk";
    private static final int CONTEXT = 8192;

    @Override
    public String name() {
        return "restart";
    }

    @Override
    public String title() {
        return "a conversation comes back after a restart, with the disk cache";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        if (!bench.corralHas(FLAG)) {
            bench.say("this build has no " + FLAG + ": left out");
            return List.of();
        }
        Path folder = Files.createTempDirectory("corral-bench-cache");
        try {
            return List.of(measure(bench, ServerSetup.context(CONTEXT).with(FLAG, folder.toString())));
        } finally {
            delete(folder);
        }
    }

    private Row measure(Bench bench, ServerSetup setup) throws Exception {
        int words = bench.effort().of(1000, 100);
        Samples cold = new Samples();
        Samples back = new Samples();
        Conversation[] conversations = new Conversation[bench.effort().rounds()];
        try (Peer corral = bench.corral(setup)) {
            for (int i = 0; i < conversations.length; i++) {
                conversations[i] = new Conversation(corral.target(), words, "restart", i);
                Streamed first = conversations[i].open(8);
                cold.add(first.millisToFirst());
            }
        }
        try (Peer corral = bench.corral(setup)) {
            for (Conversation conversation : conversations) {
                back.add(conversation.at(corral.target()).goOn(8, 2).millisToFirst());
            }
        }
        return Row.of(title() + ": time to first token")
                .limit("cold: " + Figure.of(cold.median(), "ms"))
                .corral(Figure.of(back.median(), "ms"))
                .check(Check.atMost(0.10, "of a cold prefill", back.median() / cold.median()))
                .series(Series.of("corral cold", "ms", cold))
                .series(Series.of("corral after a restart", "ms", back));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
