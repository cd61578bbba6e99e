package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Streamed;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.measure.Turns;
import dev.corral.bench.peer.JniPeer;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One client streams, on servers, on the engine without one, and through the JNI binding. */
final class OneStream implements Scenario {

    private static final int CONTEXT = 8192;
    private static final String UNIT = "tok/s";

    @Override
    public String name() {
        return "one-stream";
    }

    @Override
    public String title() {
        return "one stream, 128 tokens";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int tokens = bench.effort().of(128, 16);
        ServerSetup setup = ServerSetup.context(CONTEXT);
        try (Peer llama = bench.llamaServer(setup);
                Peer corral = bench.corral(setup);
                JniPeer jni = bench.jni(CONTEXT)) {
            int prompt = ask(corral, prompt(-1), 2).promptTokens();
            jni.tokensPerSecond(prompt(-1), tokens);
            Map<String, Samples> speeds = new Turns()
                    .add("llama-server", round -> speed(llama, prompt(round), tokens))
                    .add("corral", round -> speed(corral, prompt(round), tokens))
                    .add("limit", round -> bench.limit().tokensPerSecond(CONTEXT, 1, prompt, tokens))
                    .add("jni", round -> jni.tokensPerSecond(prompt(round), tokens))
                    .run(bench.effort().rounds() + bench.effort().of(2, 0));
            return rows(speeds, tokens);
        }
    }

    private List<Row> rows(Map<String, Samples> speeds, int tokens) {
        Samples llama = Objects.requireNonNull(speeds.get("llama-server"));
        Samples corral = Objects.requireNonNull(speeds.get("corral"));
        Samples limit = Objects.requireNonNull(speeds.get("limit"));
        Samples jni = Objects.requireNonNull(speeds.get("jni"));
        String corralFigure = Figure.of(corral.median(), UNIT);
        Row servers = Row.of("one stream, " + tokens + " tokens")
                .llamaServer(Figure.of(llama.median(), UNIT))
                .limit(Figure.of(limit.median(), UNIT))
                .corral(corralFigure)
                .check(Check.atLeast(0.98, "of the limit", corral.median() / limit.median()))
                .check(Check.atLeast(1.00, "of llama-server", corral.median() / llama.median()))
                .series(Series.of("llama-server", UNIT, llama))
                .series(Series.of("limit", UNIT, limit))
                .series(Series.of("corral", UNIT, corral));
        Row binding = Row.of("the same beside %s (JNI, no server)".formatted(JniPeer.NAME))
                .corral("%s; the binding %s".formatted(corralFigure, Figure.of(jni.median(), UNIT)))
                .note(
                        "Corral's server has %s the speed of %s, which brings a llama.cpp of June 2025; nothing is asked of that."
                                .formatted(Figure.of(corral.median() / jni.median(), "×"), JniPeer.NAME))
                .series(Series.of("jni", UNIT, jni));
        return List.of(servers, binding);
    }

    private static String prompt(int round) {
        return Words.of(10, "one stream", round);
    }

    private static double speed(Peer peer, String prompt, int tokens) throws IOException {
        Streamed answer = ask(peer, prompt, tokens);
        return answer.tokens() / answer.seconds();
    }

    private static Streamed ask(Peer peer, String prompt, int tokens) throws IOException {
        return peer.target().stream(Completion.of(prompt, tokens)).require();
    }
}
