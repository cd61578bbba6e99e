package dev.corral.bench.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.bench.load.Json;
import dev.corral.bench.load.Target;
import dev.corral.bench.load.Words;
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
import java.util.stream.IntStream;

/**
 * Questions with four choices, as lm-evaluation-harness asks them: each choice is a prompt of its own that is echoed with
 * its log-probabilities. The four prompts of a question in one request, beside one request a choice that shares nothing.
 */
final class Scoring implements Scenario {

    private static final int CHOICES = 4;
    private static final String UNIT = "questions/s";

    @Override
    public String name() {
        return "scoring";
    }

    @Override
    public String title() {
        return "scoring 4-choice questions";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int questions = bench.effort().of(4, 2);
        int words = bench.effort().of(150, 30);
        try (Peer corral = bench.corral(ServerSetup.context(8192))) {
            Samples excess = new Samples();
            Map<String, Samples> speeds = new Turns()
                    .add("shared", round -> speed(corral.target(), questions, words, round, true, excess))
                    .add(
                            "one request a choice",
                            round -> speed(corral.target(), questions, words, round, false, excess))
                    .run(bench.effort().rounds(3));
            Samples shared = Objects.requireNonNull(speeds.get("shared"));
            Samples apart = Objects.requireNonNull(speeds.get("one request a choice"));
            return List.of(Row.of("%d-word questions with %d choices each, scored".formatted(words, CHOICES))
                    .llamaServer("not possible")
                    .limit("one request a choice, nothing shared: " + Figure.of(apart.median(), UNIT))
                    .corral(Figure.of(shared.median(), UNIT))
                    .check(Check.atMost(1.1, "tokens evaluated for each unique one", excess.max()))
                    .check(Check.atLeast(3, "× one request a choice", shared.median() / apart.median()))
                    .series(Series.of("shared", UNIT, shared))
                    .series(Series.of("one request a choice", UNIT, apart))
                    .series(Series.of("evaluated", "× unique", excess)));
        }
    }

    private static double speed(Target target, int questions, int words, int round, boolean shared, Samples excess)
            throws IOException {
        List<List<int[]>> asked = new ArrayList<>();
        for (int question = 0; question < questions; question++) {
            asked.add(prompts(target, words, round * 1000 + question, shared));
        }
        long begun = System.nanoTime();
        int evaluated = 0;
        for (List<int[]> prompts : asked) {
            if (shared) {
                evaluated += evaluated(target.complete(body(prompts, true)));
            } else {
                for (int[] prompt : prompts) {
                    target.complete(body(List.of(prompt), false));
                }
            }
        }
        double speed = questions * 1e9 / (System.nanoTime() - begun);
        if (shared) {
            excess.add((double) evaluated
                    / UniqueTokens.count(asked.stream().flatMap(List::stream).toList()));
        }
        return speed;
    }

    private static List<int[]> prompts(Target target, int words, int question, boolean shared) throws IOException {
        int[] context = target.tokenize(Words.of(words, "question", question, shared ? 1 : 0));
        List<int[]> prompts = new ArrayList<>();
        for (int choice = 0; choice < CHOICES; choice++) {
            int[] answer = target.tokenize(" " + (char) ('A' + choice) + Words.of(3, "choice", question, choice));
            prompts.add(IntStream.concat(IntStream.of(context), IntStream.of(answer))
                    .toArray());
        }
        return prompts;
    }

    private static ObjectNode body(List<int[]> prompts, boolean reuse) {
        ObjectNode body = Json.object()
                .put("temperature", 0)
                .put("max_tokens", 1)
                .put("logprobs", 1)
                .put("seed", 1234)
                .put("echo", true)
                .put("cache_prompt", reuse);
        ArrayNode all = body.putArray("prompt");
        for (int[] prompt : prompts) {
            ArrayNode ids = all.addArray();
            IntStream.of(prompt).forEach(ids::add);
        }
        return body;
    }

    /** Prompt tokens that were computed for an answer. */
    private static int evaluated(JsonNode answer) {
        JsonNode usage = answer.path("usage");
        return usage.path("prompt_tokens").asInt()
                - usage.path("prompt_tokens_details").path("cached_tokens").asInt();
    }
}
