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
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Streams whose text a JSON schema constrains, beside the same ones without it. */
final class JsonSchema implements Scenario {

    private static final int STREAMS = 4;
    private static final String UNIT = "tok/s";

    /** Longer than what is generated, so that nobody ends early. */
    private static final String SCHEMA = """
            {"type": "array", "minItems": 40, "items": {
              "type": "object",
              "properties": {
                "name": {"type": "string"},
                "kind": {"enum": ["animal", "plant", "stone"]},
                "weight": {"type": "number"},
                "rare": {"type": "boolean"}},
              "required": ["name", "kind", "weight", "rare"],
              "additionalProperties": false}}
            """;

    @Override
    public String name() {
        return "json-schema";
    }

    @Override
    public String title() {
        return "4 streams under a JSON schema";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int tokens = bench.effort().of(64, 12);
        ServerSetup setup = ServerSetup.context(8192);
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup)) {
            speed(llama, tokens, -1, true);
            speed(corral, tokens, -1, true);
            return List.of(row(new Turns()
                    .add("llama-server", round -> speed(llama, tokens, round, true))
                    .add("corral", round -> speed(corral, tokens, round, true))
                    .add("corral, unconstrained", round -> speed(corral, tokens, round, false))
                    .run(bench.effort().rounds())));
        }
    }

    private static double speed(Peer peer, int tokens, int round, boolean constrained) throws InterruptedException {
        return Crowd.tokensPerSecond(Crowd.run(STREAMS, i -> {
            Completion free = Completion.of(Words.of(10, "schema", round, i, constrained ? 1 : 0), tokens);
            return peer.target().stream(constrained ? free.under(SCHEMA) : free);
        }));
    }

    private Row row(Map<String, Samples> speeds) {
        double llama = Objects.requireNonNull(speeds.get("llama-server")).median();
        double corral = Objects.requireNonNull(speeds.get("corral")).median();
        double free =
                Objects.requireNonNull(speeds.get("corral, unconstrained")).median();
        Row row = Row.of(title())
                .llamaServer(Figure.of(llama, UNIT))
                .limit("unconstrained: " + Figure.of(free, UNIT))
                .corral(Figure.of(corral, UNIT))
                .check(Check.atLeast(1.05, "of llama-server", corral / llama))
                .check(Check.atLeast(0.95, "of unconstrained", corral / free));
        for (Map.Entry<String, Samples> entry : speeds.entrySet()) {
            row = row.series(Series.of(entry.getKey(), UNIT, entry.getValue()));
        }
        return row;
    }
}
