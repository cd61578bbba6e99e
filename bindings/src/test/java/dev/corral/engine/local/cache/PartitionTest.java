package dev.corral.engine.local.cache;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Query;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.testing.TinyModels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was read for one partition of the cache is new to every other. */
class PartitionTest {

    private static final String PROMPT = "the cat sat on the mat and the dog ran to the red house by the river ";

    @TempDir
    private Path folder;

    private Path model;
    private int prompt;

    @BeforeEach
    void write() {
        model = TinyModels.llama(folder);
    }

    private static Generate story(String partition) {
        return greedy(PROMPT, 8).with(Generate.Cache.REUSE.in(partition));
    }

    private int cached(LocalEngine engine, String partition) throws Exception {
        EngineFixture.Answer answer = EngineFixture.run(engine, story(partition));
        prompt = answer.finished().usage().promptTokens();
        return answer.cachedTokens();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void prefixesStayInTheirPartition(boolean unified) throws Exception {
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(4).unifiedCache(unified))) {
            for (String partition : List.of("mine", "yours", "")) {
                assertThat(cached(engine, partition))
                        .as("first in '%s'", partition)
                        .isZero();
            }
            for (String partition : List.of("mine", "yours", "")) {
                assertThat(cached(engine, partition))
                        .as("again in '%s'", partition)
                        .isEqualTo(prompt - 1);
            }
            engine.checkInvariants();
        }
    }

    @Test
    void requestsAtOnceShareOnlyWithinAPartition() throws Exception {
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(4).unifiedCache(true))) {
            List<Generation> running = new ArrayList<>();
            for (String partition : List.of("mine", "mine", "yours", "yours")) {
                running.add(engine.submit(story(partition)));
            }
            List<Integer> cached = new ArrayList<>();
            for (Generation generation : running) {
                cached.add(EngineFixture.collect(generation).getFirst().cachedTokens());
            }
            // which of two is prepared first is not known
            for (int first : List.of(0, 2)) {
                assertThat(Math.min(cached.get(first), cached.get(first + 1))).isZero();
                assertThat(Math.max(cached.get(first), cached.get(first + 1))).isPositive();
            }
        }
    }

    @Test
    void savedStatesStayInTheirPartitionToo() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options.slots(1))) {
            assertThat(cached(engine, "mine")).isZero();
            EngineFixture.run(engine, greedy("one two three " + PROMPT, 4));
            assertThat(cached(engine, "yours")).isZero();
            EngineFixture.run(engine, greedy("one two three " + PROMPT, 4));
            assertThat(cached(engine, "mine")).isEqualTo(prompt - 1);
            assertThat(cached(engine, "")).isZero();
            engine.checkInvariants();
        }
    }

    @Test
    void filesStayInTheirPartitionAndDoNotTellItsName() throws Exception {
        Path cache = folder.resolve("cache");
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(2).cacheFolder(cache))) {
            cached(engine, "very-secret");
            cached(engine, "");
        }
        try (Stream<Path> files = Files.list(cache)) {
            List<Path> written = files.toList();
            assertThat(written).as("the same tokens, twice").hasSize(2);
            for (Path file : written) {
                assertThat(file.toString()).doesNotContain("secret");
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain("very-secret");
            }
        }
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(2).cacheFolder(cache))) {
            assertThat(cached(engine, "yours")).isZero();
            assertThat(cached(engine, "very-secret")).isEqualTo(prompt - 1);
            assertThat(cached(engine, "")).isEqualTo(prompt - 1);
        }
    }

    @Test
    void aSlotsTokensAreSavedRestoredAndErasedOnlyByTheirPartition() throws Exception {
        Path slots = Files.createDirectory(folder.resolve("slots"));
        Generate mine = greedy(PROMPT, 8).with(new Generate.Cache(true, 0, "mine"));
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(2).slotFolder(slots))) {
            EngineFixture.run(engine, mine);
            assertThatThrownBy(() -> engine.ask(new Query.SaveSlot(0, "story", "yours")))
                    .hasMessageContaining("must be a slot that holds tokens");
            assertThatThrownBy(() -> engine.ask(new Query.SaveSlot(0, "story")))
                    .hasMessageContaining("must be a slot that holds tokens");
            assertThat(engine.ask(new Query.EraseSlot(0, "yours")).tokens()).isZero();
            assertThat(engine.ask(new Query.SaveSlot(0, "story", "mine")).tokens())
                    .isPositive();
            assertThat(engine.ask(new Query.EraseSlot(0, "mine")).tokens()).isPositive();
            assertThat(cached(engine, "mine")).isZero();
            engine.ask(new Query.EraseSlot(0, "mine"));
            engine.ask(new Query.EraseSlot(1, "mine"));

            assertThatThrownBy(() -> engine.ask(new Query.RestoreSlot(1, "story", "yours")))
                    .hasMessageContaining("'filename' must name a slot that was saved");
            engine.ask(new Query.RestoreSlot(1, "story", "mine"));
            assertThat(cached(engine, "yours")).isZero();
            assertThat(cached(engine, "mine")).isEqualTo(prompt - 1);
            engine.checkInvariants();
        }
    }

    @Test
    void namesHaveALimit() {
        assertThatThrownBy(() -> Generate.Cache.REUSE.in("x".repeat(1025))).hasMessageContaining("'partition'");
    }
}
