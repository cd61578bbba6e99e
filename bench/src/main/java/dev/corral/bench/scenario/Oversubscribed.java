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
import java.util.List;
import java.util.stream.IntStream;

/** Sixteen slots that need three times the KV cache there is: nobody may fail, and nobody's text may change. */
final class Oversubscribed implements Scenario {

    private static final int SLOTS = 16;

    /** About 48 tokens a request, prompt and text together; 16 of them are three times this. */
    private static final int CONTEXT = 256;

    private static final int ROOMY = 8192;
    private static final int WORDS = 30;
    private static final int TOKENS = 18;

    @Override
    public String name() {
        return "oversubscribed";
    }

    @Override
    public String title() {
        return "KV three times oversubscribed, 200 requests";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int requests = bench.effort().of(200, 32);
        ServerSetup tight = setup(CONTEXT);
        List<Streamed> llama;
        List<Streamed> corral;
        List<Streamed> calm;
        List<Streamed> calmAgain;
        try (Peer peer = bench.coldLlamaServer(tight)) {
            llama = ask(peer, requests);
        }
        try (Peer peer = bench.coldCorral(tight)) {
            corral = ask(peer, requests);
        }
        try (Peer peer = bench.coldCorral(setup(ROOMY))) {
            calm = ask(peer, requests);
        }
        try (Peer peer = bench.coldCorral(setup(ROOMY))) {
            calmAgain = ask(peer, requests);
        }
        return List.of(row(llama, corral, calm, calmAgain));
    }

    private static ServerSetup setup(int context) {
        return ServerSetup.context(context).slots(SLOTS).with("-kvu");
    }

    private static List<Streamed> ask(Peer peer, int requests) throws InterruptedException {
        return Crowd.run(
                requests, i -> peer.target().stream(Completion.of(Words.of(WORDS, "oversubscribed", i), TOKENS)));
    }

    private static Row row(List<Streamed> llama, List<Streamed> corral, List<Streamed> calm, List<Streamed> calmAgain) {
        int requests = corral.size();
        int need = SLOTS * (calm.getFirst().promptTokens() + TOKENS);
        long failed = failed(corral);
        long same = same(corral, calm);
        long sameWhenCalm = same(calmAgain, calm);
        return Row.of("KV three times oversubscribed (%d slots of about %d tokens need %d, there are %d), %d requests"
                        .formatted(SLOTS, need / SLOTS, need, CONTEXT, requests))
                .llamaServer("%d of %d fail".formatted(failed(llama), requests))
                .limit("with room for all: " + Figure.of(Crowd.seconds(calm), "s"))
                .corral("%d of %d fail; %s".formatted(failed, requests, Figure.of(Crowd.seconds(corral), "s")))
                .check(new Check("none fails", failed + " of " + requests, failed == 0))
                .check(new Check(
                        "as many texts equal to the unpressured run's as another unpressured run's (within 10 %)",
                        "%d, %d of %d".formatted(same, sameWhenCalm, requests), same >= sameWhenCalm - requests * 0.10))
                .note(
                        "Two unpressured runs agree on %d of %d texts: which requests share a step decides how sums are rounded."
                                .formatted(sameWhenCalm, requests))
                .series(Series.of(
                        "corral",
                        "s",
                        Samples.of(corral.stream().map(Streamed::seconds).toList())));
    }

    private static long same(List<Streamed> some, List<Streamed> others) {
        return IntStream.range(0, some.size())
                .filter(i -> some.get(i).completed()
                        && some.get(i).text().equals(others.get(i).text()))
                .count();
    }

    private static long failed(List<Streamed> answers) {
        return answers.stream().filter(answer -> !answer.completed()).count();
    }
}
