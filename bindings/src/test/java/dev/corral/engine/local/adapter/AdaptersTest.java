package dev.corral.engine.local.adapter;

import static dev.corral.engine.local.TinyEngines.alone;
import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.AdapterSet.Scaled;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.gguf.GgufException;
import dev.corral.testing.GgufValue;
import dev.corral.testing.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdaptersTest {

    private static final String PROMPT = "the cat sat on the mat and the dog ran to the red house by the river ";
    private static final Generate STORY = greedy(PROMPT, 24);
    private static final AdapterSet A = AdapterSet.of("a");
    private static final AdapterSet B = AdapterSet.of("b");

    @TempDir
    private Path folder;

    private Path model;
    private Path a;
    private Path b;
    private Path shelf;

    @BeforeEach
    void write() throws Exception {
        model = TinyModels.llama(folder);
        a = TinyModels.lora(folder, "a", 1);
        b = TinyModels.lora(folder, "b", 2);
        shelf = Files.createDirectory(folder.resolve("shelf"));
    }

    private LocalEngine open(int slots, boolean apply, Path... files) {
        return TinyEngines.open(model, options -> options.slots(slots).adapters(loading(apply, files)));
    }

    private AdapterOptions loading(boolean apply, Path... files) {
        List<AdapterOptions.File> named = new ArrayList<>();
        for (Path file : files) {
            named.add(AdapterOptions.File.of(file, 1));
        }
        return new AdapterOptions(named, apply, Optional.of(shelf));
    }

    /** What an engine with one slot says that applies this adapter to everything. */
    private String onlyWith(Path adapter, float scale, Generate request) throws Exception {
        AdapterOptions options =
                new AdapterOptions(List.of(AdapterOptions.File.of(adapter, scale)), true, Optional.empty());
        try (LocalEngine engine =
                TinyEngines.open(model, changed -> changed.slots(1).adapters(options))) {
            return alone(engine, request);
        }
    }

    private String plain() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options.slots(1))) {
            return alone(engine, STORY);
        }
    }

    @Test
    void aRequestsAdaptersAreThoseOfAnEngineWithThemAlone() throws Exception {
        try (LocalEngine engine = open(4, false, a, b)) {
            assertThat(alone(engine, STORY.with(A)))
                    .isEqualTo(onlyWith(a, 1, STORY))
                    .isNotEqualTo(plain());
            assertThat(alone(engine, STORY.with(B)))
                    .isEqualTo(onlyWith(b, 1, STORY))
                    .isNotEqualTo(onlyWith(a, 1, STORY));
            assertThat(alone(engine, STORY.with(AdapterSet.of("a", 0.4f)))).isEqualTo(onlyWith(a, 0.4f, STORY));
            assertThat(alone(engine, STORY.with(AdapterSet.of("a", 0)))).isEqualTo(plain());
            assertThat(alone(engine, STORY)).isEqualTo(plain());
        }
    }

    @Test
    void whatAppliesByDefaultCanBeChanged() throws Exception {
        try (LocalEngine engine = open(2, true, a)) {
            assertThat(engine.ask(new Query.Adapters()).applied()).isEqualTo(A);
            assertThat(alone(engine, STORY)).isEqualTo(onlyWith(a, 1, STORY));
            assertThat(alone(engine, STORY.with(AdapterSet.NONE))).isEqualTo(plain());
            assertThat(engine.ask(new Query.ApplyAdapters(AdapterSet.NONE)).applied())
                    .isEqualTo(AdapterSet.NONE);
            assertThat(alone(engine, STORY)).isEqualTo(plain());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void setsSideBySideEachSayTheirOwn(boolean unified) throws Exception {
        List<AdapterSet> sets = List.of(
                AdapterSet.NONE,
                A,
                B,
                AdapterSet.of("a", 0.5f),
                new AdapterSet(List.of(new Scaled("b", 2), new Scaled("a", 1))));
        try (LocalEngine engine = TinyEngines.open(
                model, options -> options.slots(6).unifiedCache(unified).adapters(loading(false, a, b)))) {
            List<String> expected = new ArrayList<>();
            for (AdapterSet set : sets) {
                expected.add(alone(engine, STORY.with(set)));
            }
            assertThat(expected).doesNotHaveDuplicates();
            for (int round = 0; round < 3; round++) {
                List<Generation> running = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    running.add(engine.submit(STORY.with(sets.get(i % sets.size()))));
                }
                for (int i = 0; i < running.size(); i++) {
                    assertThat(EngineFixture.collect(running.get(i)).getFirst().text())
                            .isEqualTo(expected.get(i % sets.size()));
                }
                engine.checkInvariants();
            }
        }
    }

    @Test
    void requestsWithTheSameSetShareTheirSteps() throws Exception {
        try (LocalEngine engine = open(4, false, a)) {
            long before = engine.stats().steps();
            List<Generation> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(engine.submit(greedy(i + PROMPT, 60).with(A)));
            }
            for (Generation generation : running) {
                EngineFixture.collect(generation);
            }
            assertThat(engine.stats().steps() - before).isLessThan(3 * 60);
            assertThat(engine.ask(new Query.Adapters()).switches()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPrefixIsReusedUnderItsOwnSetOnly(boolean unified) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                model, options -> options.slots(4).unifiedCache(unified).adapters(loading(false, a, b)))) {
            Answer first = EngineFixture.run(engine, STORY.with(A));
            assertThat(first.cachedTokens()).isZero();
            assertThat(EngineFixture.run(engine, STORY).cachedTokens()).isZero();
            assertThat(EngineFixture.run(engine, STORY.with(B)).cachedTokens()).isZero();
            assertThat(EngineFixture.run(engine, STORY.with(AdapterSet.of("a", 0.5f)))
                            .cachedTokens())
                    .isZero();
            Answer again = EngineFixture.run(engine, STORY.with(A));
            assertThat(again.cachedTokens()).isEqualTo(first.finished().usage().promptTokens() - 1);
            assertThat(again.text()).isEqualTo(first.text());
            engine.checkInvariants();
        }
    }

    @Test
    void aPrefixThatLeftTheCacheComesBackUnderItsOwnSetOnly() throws Exception {
        try (LocalEngine engine = open(1, false, a)) {
            Answer first = EngineFixture.run(engine, STORY.with(A));
            for (int i = 0; i < 3; i++) {
                EngineFixture.run(engine, greedy(i + " one two three " + PROMPT, 4));
            }
            assertThat(engine.stats().cache().states()).isPositive();
            assertThat(EngineFixture.run(engine, STORY).cachedTokens())
                    .as("what another plain prompt begins with, its first token")
                    .isEqualTo(1);
            Answer again = EngineFixture.run(engine, STORY.with(A));
            assertThat(again.cachedTokens()).isGreaterThan(20);
            assertThat(again.text()).isEqualTo(first.text());
            engine.checkInvariants();
        }
    }

    @Test
    void statesOnDiskBelongToTheAdaptersThatMadeThem() throws Exception {
        Path cache = folder.resolve("cache");
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path otherA = TinyModels.lora(elsewhere, "a", 3);
        String text;
        try (LocalEngine engine = disk(cache, a)) {
            text = EngineFixture.run(engine, STORY.with(A)).text();
        }
        try (LocalEngine engine = disk(cache, otherA)) {
            assertThat(EngineFixture.run(engine, STORY.with(A)).cachedTokens())
                    .as("the same name, other weights")
                    .isZero();
            assertThat(EngineFixture.run(engine, STORY).cachedTokens()).isZero();
        }
        try (LocalEngine engine = disk(cache, b, a)) {
            Answer again = EngineFixture.run(engine, STORY.with(A));
            assertThat(again.cachedTokens()).isGreaterThan(20);
            assertThat(again.text()).isEqualTo(text);
        }
    }

    private LocalEngine disk(Path cache, Path... adapters) {
        return TinyEngines.open(
                model, options -> options.slots(2).cacheFolder(cache).adapters(loading(false, adapters)));
    }

    @Test
    void aSavedSlotIsOfItsAdapters() throws Exception {
        Path slots = Files.createDirectory(folder.resolve("slots"));
        try (LocalEngine engine = TinyEngines.open(
                model, options -> options.slots(2).slotFolder(slots).adapters(loading(false, a)))) {
            EngineFixture.run(engine, STORY.with(A).with(new Generate.Cache(true, 1)));
            engine.ask(new Query.SaveSlot(1, "story"));
            engine.ask(new Query.EraseSlot(1));
            assertThat(EngineFixture.run(engine, STORY.with(A).with(Generate.Cache.FRESH))
                            .cachedTokens())
                    .isZero();
        }
        try (LocalEngine engine = TinyEngines.open(
                model, options -> options.slots(2).slotFolder(slots).adapters(loading(false, a)))) {
            engine.ask(new Query.RestoreSlot(0, "story"));
            assertThat(EngineFixture.run(engine, STORY).cachedTokens()).isZero();
            assertThat(EngineFixture.run(engine, STORY.with(A)).cachedTokens()).isGreaterThan(20);
        }
    }

    @Test
    void anAdapterInTheFolderIsLoadedWhenItIsNamed() throws Exception {
        Files.copy(a, shelf.resolve("late.gguf"));
        try (LocalEngine engine = open(2, false)) {
            assertThat(engine.ask(new Query.Adapters()).available()).containsExactly("late");
            assertThat(alone(engine, STORY.with(AdapterSet.of("late")))).isEqualTo(onlyWith(a, 1, STORY));
            Reply.AdapterList list = engine.ask(new Query.Adapters());
            assertThat(list.available()).isEmpty();
            assertThat(list.loaded()).extracting(AdapterInfo::name).containsExactly("late");
            assertThat(list.loaded()).extracting(AdapterInfo::requests).containsExactly(0);
            assertThat(list.applied()).isEqualTo(AdapterSet.NONE);
            assertThat(engine.ask(new Query.LoadAdapter("late")).loaded()).hasSize(1);
        }
    }

    @Test
    void anUnloadedAdapterServesWhoUsesItToTheEnd() throws Exception {
        Files.copy(a, shelf.resolve("late.gguf"));
        AdapterSet late = AdapterSet.of("late");
        Generate longer = greedy(PROMPT, 300);
        try (LocalEngine engine = open(2, false)) {
            engine.ask(new Query.LoadAdapter("late"));
            Generation running = engine.submit(longer.with(late));
            while (!(running.next() instanceof Event.Started)) {
                continue;
            }
            assertThat(engine.ask(new Query.UnloadAdapter("late")).loaded()).isEmpty();
            Files.copy(b, shelf.resolve("late.gguf"), StandardCopyOption.REPLACE_EXISTING);
            assertThat(EngineFixture.run(engine, STORY.with(late)).text())
                    .as("the name is another adapter's now")
                    .isEqualTo(onlyWith(b, 1, STORY));
            assertThat(EngineFixture.collect(running).getFirst().text()).isEqualTo(onlyWith(a, 1, longer));
            assertThat(alone(engine, STORY)).isEqualTo(plain());
            assertThatThrownBy(() -> engine.ask(new Query.UnloadAdapter("late2")))
                    .hasMessageContaining("'adapters'");
            engine.checkInvariants();
        }
    }

    @Test
    void anAdapterThatIsUnloadedNoLongerAppliesByDefault() throws Exception {
        try (LocalEngine engine = open(2, true, a, b)) {
            assertThat(engine.ask(new Query.UnloadAdapter("a")).applied()).isEqualTo(B);
            assertThat(alone(engine, STORY)).isEqualTo(onlyWith(b, 1, STORY));
            assertThat(engine.ask(new Query.UnloadAdapter("b")).applied()).isEqualTo(AdapterSet.NONE);
            assertThat(alone(engine, STORY)).isEqualTo(plain());
        }
    }

    @Test
    void cancellingLeavesNoAdapterInUse() throws Exception {
        try (LocalEngine engine = open(2, false, a, b)) {
            List<Generation> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(engine.submit(greedy(i + PROMPT, 400).with(i % 2 == 0 ? A : B)));
            }
            assertThat(engine.ask(new Query.Adapters()).loaded()).hasSize(2);
            all.forEach(Generation::cancel);
            for (Generation generation : all) {
                EngineFixture.collect(generation);
            }
            assertThat(engine.ask(new Query.Adapters()).loaded())
                    .extracting(AdapterInfo::requests)
                    .containsExactly(0, 0);
            assertThat(alone(engine, STORY.with(B))).isEqualTo(onlyWith(b, 1, STORY));
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "..", "../a", "a/../a", "/etc/passwd", "a\u0000", "%2e%2e/a", "absent", "link", "a.gguf"})
    void namesLeadNowhereElse(String name) throws Exception {
        Files.createSymbolicLink(shelf.resolve("link.gguf"), a);
        try (LocalEngine engine = open(1, false)) {
            String rule = "must be an adapter that is loaded or in the adapters' folder";
            assertThatThrownBy(() -> engine.ask(new Query.LoadAdapter(name))).hasMessageContaining(rule);
            assertThatThrownBy(() -> EngineFixture.run(engine, STORY.with(AdapterSet.of(name))))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining(rule);
            assertThat(engine.ask(new Query.Adapters()).available()).isEmpty();
            assertThat(alone(engine, STORY)).isEqualTo(plain());
        }
    }

    @Test
    void whatIsNoAdapterOfTheModelIsRefused() throws Exception {
        Files.writeString(shelf.resolve("garbage.gguf"), "no adapter");
        TinyModels.loraFile("alien", 1).put("general.architecture", "cohere2").write(shelf.resolve("alien.gguf"));
        TinyModels.loraFile("activated", 1)
                .put("adapter.alora.invocation_tokens", GgufValue.u32s(5, 6))
                .write(shelf.resolve("activated.gguf"));
        try (LocalEngine engine = open(1, false)) {
            for (String name : List.of("garbage", "alien")) {
                assertThatThrownBy(() -> EngineFixture.run(engine, STORY.with(AdapterSet.of(name))))
                        .hasMessageContaining("made for this model");
            }
            assertThatThrownBy(() -> engine.ask(new Query.LoadAdapter("activated")))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.error()).isInstanceOf(EngineError.Unsupported.class))
                    .hasMessageContaining("activated LoRA");
            assertThat(engine.ask(new Query.Adapters()).loaded()).isEmpty();
            assertThat(alone(engine, STORY)).isEqualTo(plain());
        }
        assertThatThrownBy(() -> open(1, true, shelf.resolve("alien.gguf"))).isInstanceOf(GgufException.class);
        assertThatThrownBy(() -> open(1, true, shelf.resolve("activated.gguf"))).hasMessageContaining("activated");
    }

    @Test
    void withoutAFolderNothingIsLoadedOrUnloaded() {
        AdapterOptions fixed = new AdapterOptions(List.of(AdapterOptions.File.of(a, 1)), true, Optional.empty());
        try (LocalEngine engine = TinyEngines.open(model, options -> options.adapters(fixed))) {
            assertThatThrownBy(() -> engine.ask(new Query.UnloadAdapter("a"))).hasMessageContaining("no folder");
            assertThatThrownBy(() -> engine.ask(new Query.LoadAdapter("x"))).hasMessageContaining("'adapters'");
        }
    }

    @ParameterizedTest
    @CsvSource({"NaN", "100.1", "-100.1", "Infinity"})
    void scalesHaveARange(float scale) {
        assertThatThrownBy(() -> AdapterSet.of("a", scale))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("between -100 and 100");
    }

    @Test
    void setsAreEqualWhenTheyComputeTheSame() {
        assertThat(new AdapterSet(List.of(new Scaled("b", 1), new Scaled("x", 0), new Scaled("a", 2))))
                .isEqualTo(new AdapterSet(List.of(new Scaled("a", 2), new Scaled("b", 1), new Scaled("y", -0f))));
        assertThatThrownBy(() -> new AdapterSet(List.of(new Scaled("a", 2), new Scaled("a", 1))))
                .hasMessageContaining("a twice");
    }
}
