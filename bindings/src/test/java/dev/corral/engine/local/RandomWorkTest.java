package dev.corral.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Seeded work of all kinds at once: the invariants hold throughout, and each text is what its request says alone. */
class RandomWorkTest {

    private static final String[] PIECES = {
        "the cat sat on the mat ", "and the dog ran ", "to the red house ", "by the river ", "one two three ", "again ",
    };
    private static final int ROUNDS = 60;

    private record Asked(Generate request, Generation generation, boolean cancelled) {}

    @ParameterizedTest
    @CsvSource({"101,true", "102,true", "103,true", "104,true", "105,false", "106,false", "107,false", "108,false"})
    void keepsItsInvariantsAndItsTexts(long seed, boolean unified, @TempDir Path folder) throws Exception {
        Random random = new Random(seed);
        Path model = TinyModels.llama(folder);
        Path draft = TinyModels.draft(folder);
        Map<Generate, String> expected = new HashMap<>();
        try (LocalEngine reference = TinyEngines.open(model, options -> options.slots(1));
                LocalEngine engine = TinyEngines.open(
                        model,
                        options -> options.unifiedCache(unified)
                                .contextSize(unified ? 640 : 1600)
                                .slots(5)
                                .cacheRamMiB(random.nextInt(3))
                                .draft(LocalEngineOptions.Draft.of(draft))
                                .queueLimit(10_000))) {
            List<Asked> asked = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                for (int burst = random.nextInt(6); burst >= 0; burst--) {
                    asked.add(ask(engine, random));
                }
                if (random.nextInt(3) == 0) {
                    settle(asked, reference, expected, seed);
                }
                engine.checkInvariants();
            }
            settle(asked, reference, expected, seed);
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
        StringBuilder prompt = new StringBuilder();
        for (int pieces = 1 + random.nextInt(10); pieces > 0; pieces--) {
            prompt.append(PIECES[random.nextInt(random.nextBoolean() ? 2 : PIECES.length)]);
        }
        Generate request = TinyEngines.greedy(prompt.toString(), random.nextInt(60))
                .completions(random.nextInt(8) == 0 ? 1 + random.nextInt(4) : 1)
                .with(random.nextInt(6) == 0 ? Generate.Cache.FRESH : Generate.Cache.REUSE)
                .with(speculation(random))
                .with(new Generate.Schedule(random.nextInt(3), "key" + random.nextInt(3), Optional.empty()));
        Generation generation = engine.submit(request);
        boolean cancel = random.nextInt(7) == 0;
        if (cancel) {
            generation.cancel();
        }
        return new Asked(request, generation, cancel);
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
}
