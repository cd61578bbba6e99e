package dev.corral.engine.local;

import static dev.corral.engine.local.TinyEngines.alone;
import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.testing.TinyModels;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PressureTest {

    private static final String WORDS = "the cat sat on the mat and the dog ran to the red house ";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void writeModel() {
        model = TinyModels.llama(folder);
    }

    private static Generate unending(String prompt, int tokens) {
        return greedy(prompt, tokens)
                .with(Sampling.builder().temperature(0).ignoreEos(true).build());
    }

    @Test
    void aCacheThatIsTooSmallForAllFailsNobody() throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                model, options -> options.unifiedCache(true).contextSize(512).slots(6))) {
            List<Generate> requests = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                requests.add(unending(i + " " + WORDS.repeat(2), 120 + i));
            }
            List<String> expected = new ArrayList<>();
            for (Generate request : requests) {
                expected.add(alone(engine, request));
            }
            List<Generation> together = requests.stream().map(engine::submit).toList();
            for (int i = 0; i < requests.size(); i++) {
                Answer answer = EngineFixture.collect(together.get(i)).getFirst();
                assertThat(answer.text()).as("request %d", i).isEqualTo(expected.get(i));
            }
            assertThat(engine.stats().preemptions()).isPositive();
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void conversationsThatComeBackAreNotComputedAgain(boolean unified) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                model,
                options -> options.unifiedCache(unified)
                        .contextSize(unified ? 600 : 1024)
                        .slots(2))) {
            List<String> conversations = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String prompt = "conversation " + i + " " + WORDS.repeat(4);
                conversations.add(
                        prompt + EngineFixture.run(engine, greedy(prompt, 8)).text() + " more");
            }
            long evaluated = engine.stats().promptTokensEvaluated();
            for (String conversation : conversations) {
                Generate request = greedy(conversation, 8);
                Answer answer = EngineFixture.run(engine, request);
                assertThat(answer.cachedTokens()).isGreaterThan(50);
            }
            assertThat(engine.stats().promptTokensEvaluated() - evaluated).isLessThan(12 * 12);
            for (String conversation : conversations) {
                Generate request = greedy(conversation, 8);
                assertThat(EngineFixture.run(engine, request).text()).isEqualTo(alone(engine, request));
            }
            engine.checkInvariants();
        }
    }

    @Test
    void statesOnDiskSurviveARestart() throws Exception {
        Path cache = folder.resolve("cache");
        Generate request = greedy("remember this " + WORDS.repeat(4), 8);
        String text;
        try (LocalEngine engine = TinyEngines.open(model, options -> options.cacheFolder(cache))) {
            text = EngineFixture.run(engine, request).text();
        }
        assertThat(states(cache)).isNotEmpty();
        try (LocalEngine engine = TinyEngines.open(model, options -> options.cacheFolder(cache))) {
            Answer again = EngineFixture.run(engine, request);
            assertThat(again.text()).isEqualTo(text);
            assertThat(again.cachedTokens()).isEqualTo(again.finished().usage().promptTokens() - 1);
        }
    }

    @Test
    void damagedAndForeignStatesAreNotUsed() throws Exception {
        Path cache = folder.resolve("cache");
        Generate request = greedy("remember this " + WORDS.repeat(4), 8);
        String text;
        try (LocalEngine engine = TinyEngines.open(model, options -> options.cacheFolder(cache))) {
            text = EngineFixture.run(engine, request).text();
        }
        for (Path file : states(cache)) {
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                bytes.seek(bytes.length() / 2);
                int old = bytes.read();
                bytes.seek(bytes.length() / 2);
                bytes.write(old ^ 0xff);
            }
        }
        Files.write(cache.resolve("junk.corralkv"), new byte[] {1, 2, 3});
        try (LocalEngine engine = TinyEngines.open(model, options -> options.cacheFolder(cache))) {
            Answer again = EngineFixture.run(engine, request);
            assertThat(again.text()).isEqualTo(text);
            assertThat(again.cachedTokens()).isZero();
        }
        try (LocalEngine other =
                TinyEngines.open(model, options -> options.cacheFolder(cache).keyType("f16"))) {
            assertThat(EngineFixture.run(other, request).cachedTokens()).isZero();
        }
    }

    private static List<Path> states(Path cache) throws Exception {
        try (Stream<Path> files = Files.list(cache)) {
            return files.filter(file -> file.toString().endsWith(".corralkv")).toList();
        }
    }

    @Test
    void aFullQueueRefusesAtOnceAndSaysWhenToComeBack() throws Exception {
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(1).queueLimit(2))) {
            List<Generation> accepted = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                accepted.add(engine.submit(unending(i + WORDS, 400)));
            }
            assertThatThrownBy(() -> engine.submit(unending(WORDS, 1)))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.error())
                                    .isInstanceOfSatisfying(
                                            EngineError.Busy.class,
                                            busy -> assertThat(busy.retryAfter())
                                                    .isPositive()));
            accepted.forEach(Generation::cancel);
            for (Generation generation : accepted) {
                EngineFixture.collect(generation);
            }
            assertThat(EngineFixture.run(engine, unending(WORDS, 2)).text()).isNotEmpty();
        }
    }

    @Test
    void closingEndsWhatRunsAndWaits() throws Exception {
        LocalEngine engine = TinyEngines.open(model, options -> options.slots(1));
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            generations.add(engine.submit(unending(i + WORDS, 400)));
        }
        engine.close();
        for (Generation generation : generations) {
            Event last = generation.next();
            while (!generation.ended()) {
                last = generation.next();
            }
            assertThat(last).isEqualTo(new Event.Failed(new EngineError.Closed()));
        }
        assertThatThrownBy(() -> engine.submit(unending(WORDS, 1))).hasMessageContaining("unloaded");
    }

    @Test
    void keysShareTheEngineEvenly() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options.slots(1))) {
            List<Generation> greedyKey = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                greedyKey.add(engine.submit(unending("a" + i + WORDS, 40).with(keyed("many", 0))));
            }
            Generation modest = engine.submit(unending("b" + WORDS, 40).with(keyed("one", 0)));
            EngineFixture.collect(modest);
            long before = greedyKey.stream()
                    .filter(generation -> finished(generation))
                    .count();
            assertThat(before).as("requests of the other key that went before").isLessThan(6);
            for (Generation generation : greedyKey) {
                generation.cancel();
            }
        }
    }

    @Test
    void higherPrioritiesGoFirst() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options.slots(1))) {
            List<Generation> normal = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                normal.add(engine.submit(unending("a" + i + WORDS, 60).with(keyed("", 0))));
            }
            Generation urgent = engine.submit(unending("b" + WORDS, 20).with(keyed("", 5)));
            EngineFixture.collect(urgent);
            assertThat(finished(normal.getLast())).isFalse();
            normal.forEach(Generation::cancel);
        }
    }

    private static Generate.Schedule keyed(String key, int priority) {
        return new Generate.Schedule(priority, key, Optional.empty());
    }

    private static boolean finished(Generation generation) {
        return ((LocalGeneration) generation).isComplete();
    }
}
