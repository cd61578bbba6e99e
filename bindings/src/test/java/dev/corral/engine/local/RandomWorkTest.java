package dev.corral.engine.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Search;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Seeded work of all kinds at once: the invariants hold throughout, and each text is what its request says alone.
 * {@code -Dcorral.random.rounds} says how much work.
 */
class RandomWorkTest {

    private static final String[] PIECES = {
        "the cat sat on the mat ", "and the dog ran ", "to the red house ", "by the river ", "one two three ", "again ",
    };
    private static final String[] PARTITIONS = {"", "", "", "mine", "yours"};
    private static final List<AdapterSet> ADAPTERS = List.of(
            AdapterSet.NONE,
            AdapterSet.NONE,
            AdapterSet.NONE,
            AdapterSet.of("a"),
            AdapterSet.of("a", 0.5f),
            new AdapterSet(List.of(new AdapterSet.Scaled("b", 1), new AdapterSet.Scaled("a", 0.3f))));
    private static final int ROUNDS = Integer.getInteger("corral.random.rounds", 30);

    /** A question for scores that is being answered; interrupted, or answered in full. */
    private record AskedScore(Query.Score query, FutureTask<Reply.Scored> answer, boolean interrupted) {

        static AskedScore by(LocalEngine engine, Random random) {
            List<Query.Score.Item> items = new ArrayList<>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                List<Prompt> continuations = new ArrayList<>();
                for (int j = random.nextInt(4); j >= 0; j--) {
                    continuations.add(Prompt.tokens(
                            random.ints(random.nextInt(4), 300, 306).toArray()));
                }
                items.add(new Query.Score.Item(Prompt.text(prompt(random)), continuations));
            }
            Query.Score query = new Query.Score(items, schedule(random));
            FutureTask<Reply.Scored> answer = new FutureTask<>(() -> engine.ask(query));
            Thread asking = Thread.ofVirtual().start(answer);
            boolean interrupt = random.nextInt(6) == 0;
            if (interrupt) {
                asking.interrupt();
            }
            return new AskedScore(query, answer, interrupt);
        }
    }

    private static void settleScores(List<AskedScore> scores, LocalEngine reference, long seed) throws Exception {
        for (AskedScore one : scores) {
            if (one.interrupted()) {
                try {
                    one.answer().get();
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(InterruptedException.class);
                }
                continue;
            }
            List<List<Likelihood>> found = one.answer().get().items();
            List<List<Likelihood>> expected = reference.ask(one.query()).items();
            for (int i = 0; i < expected.size(); i++) {
                for (int j = 0; j < expected.get(i).size(); j++) {
                    assertThat(found.get(i).get(j).logLikelihood())
                            .as("seed %d", seed)
                            .isCloseTo(expected.get(i).get(j).logLikelihood(), within(1e-4));
                }
            }
        }
        scores.clear();
    }

    private record Asked(Generate request, Generation generation, boolean cancelled) {}

    @ParameterizedTest
    @CsvSource({"101,true", "102,true", "103,true", "104,true", "105,false", "106,false", "107,false", "108,false"})
    void keepsItsInvariantsAndItsTexts(long seed, boolean unified, @TempDir Path folder) throws Exception {
        Random random = new Random(seed);
        Path model = TinyModels.llama(folder);
        AdapterOptions adapters = new AdapterOptions(
                List.of(
                        AdapterOptions.File.of(TinyModels.lora(folder, "a", 1), 1),
                        AdapterOptions.File.of(TinyModels.lora(folder, "b", 2), 1)),
                false,
                Optional.empty());
        Path draft = TinyModels.draft(folder);
        Map<Generate, String> expected = new HashMap<>();
        try (LocalEngine reference =
                        TinyEngines.open(model, options -> options.slots(5).adapters(adapters));
                LocalEngine engine = TinyEngines.open(
                        model,
                        options -> options.unifiedCache(unified)
                                .contextSize(unified ? 640 : 1600)
                                .slots(5)
                                .adapters(adapters)
                                .cacheRamMiB(random.nextInt(3))
                                .draft(LocalEngineOptions.Draft.of(draft))
                                .queueLimit(10_000))) {
            List<Asked> asked = new ArrayList<>();
            List<AskedScore> scores = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                for (int burst = random.nextInt(6); burst >= 0; burst--) {
                    asked.add(ask(engine, random));
                }
                if (random.nextInt(4) == 0) {
                    scores.add(AskedScore.by(engine, random));
                }
                if (random.nextInt(3) == 0) {
                    settle(asked, reference, expected, seed);
                    settleScores(scores, reference, seed);
                }
                engine.checkInvariants();
            }
            settle(asked, reference, expected, seed);
            settleScores(scores, reference, seed);
            engine.checkInvariants();
            assertThat(engine.stats().running()).isZero();
            assertThat(engine.stats().queued()).isZero();
            assertThat(engine.stats().steps()).as("seed %d", seed).isGreaterThan(300);
            EngineStats.Drafts drafts = engine.stats().drafts();
            assertThat(drafts.accepted()).as("seed %d", seed).isBetween(1L, drafts.tokens());
            assertThat(drafts.acceptedOfLookup()).isBetween(1L, drafts.tokensOfLookup());
        }
    }

    private static Asked ask(LocalEngine engine, Random random) {
        int completions = random.nextInt(8) == 0 ? 1 + random.nextInt(4) : 1;
        Generate request = TinyEngines.greedy(prompt(random), random.nextInt(60))
                .completions(completions)
                .with((random.nextInt(6) == 0 ? Generate.Cache.FRESH : Generate.Cache.REUSE)
                        .in(PARTITIONS[random.nextInt(PARTITIONS.length)]))
                .with(ADAPTERS.get(random.nextInt(ADAPTERS.size())))
                .with(schedule(random));
        if (random.nextInt(8) == 0) {
            request = request.with(Logprobs.top(random.nextInt(3)).withPrompt());
        }
        if (random.nextInt(10) == 0) {
            request = request.with(Limits.tokens(random.nextInt(20)))
                    .with(Search.Beams.of(completions + random.nextInt(6 - completions)));
        }
        if (random.nextBoolean()) {
            request = request.with(speculation(random));
        }
        Generation generation = engine.submit(request);
        boolean cancel = random.nextInt(7) == 0;
        if (cancel) {
            generation.cancel();
        }
        return new Asked(request, generation, cancel);
    }

    private static String prompt(Random random) {
        StringBuilder prompt = new StringBuilder();
        for (int pieces = 1 + random.nextInt(10); pieces > 0; pieces--) {
            prompt.append(PIECES[random.nextInt(random.nextBoolean() ? 2 : PIECES.length)]);
        }
        return prompt.toString();
    }

    private static Generate.Schedule schedule(Random random) {
        return new Generate.Schedule(random.nextInt(3), "key" + random.nextInt(3), Optional.empty());
    }

    /** As it comes, or drafts all the time that are often wrong. */
    private static Speculation speculation(Random random) {
        Speculation always = Speculation.OFF.adaptive(false);
        return switch (random.nextInt(5)) {
            case 0 -> Speculation.OFF;
            case 1 -> Speculation.ADAPTIVE;
            case 2 -> always.with(new Speculation.Lookup(1, 1 + random.nextInt(12)));
            case 3 -> always.with(new Speculation.DraftModel(0, 1 + random.nextInt(6), 0));
            default ->
                always.with(new Speculation.Lookup(2, 4)).with(new Speculation.DraftModel(random.nextInt(3), 4, 0.1));
        };
    }

    private static void settle(List<Asked> asked, LocalEngine reference, Map<Generate, String> expected, long seed)
            throws Exception {
        for (Asked one : asked) {
            List<Answer> answers = EngineFixture.collect(one.generation());
            assertThat(answers).hasSize(one.request().completions());
            if (one.request().search() instanceof Search.Beams) {
                settleBeams(one, answers, reference, seed);
                continue;
            }
            Generate alone = one.request()
                    .completions(1)
                    .with(Generate.Cache.FRESH)
                    .with(Generate.Schedule.NORMAL)
                    .with(Speculation.OFF);
            if (!expected.containsKey(alone)) {
                expected.put(alone, EngineFixture.run(reference, alone).text());
            }
            for (Answer answer : answers) {
                if (one.cancelled()) {
                    assertThat(expected.get(alone)).startsWith(answer.text());
                } else {
                    assertThat(answer.text())
                            .as("seed %d, %s", seed, one.request())
                            .isEqualTo(expected.get(alone));
                }
            }
        }
        asked.clear();
    }

    private static void settleBeams(Asked one, List<Answer> answers, LocalEngine reference, long seed)
            throws Exception {
        if (!one.cancelled()) {
            Generate alone = one.request().with(Generate.Cache.FRESH).with(Generate.Schedule.NORMAL);
            assertThat(answers)
                    .extracting(Answer::text)
                    .as("seed %d, %s", seed, one.request())
                    .isEqualTo(EngineFixture.runAll(reference, alone).stream()
                            .map(Answer::text)
                            .toList());
        }
    }
}
