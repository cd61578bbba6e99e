package dev.corral.engine.local.speculation;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DraftModelTest {

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house by the river ";
    private static final Speculation ALWAYS =
            Speculation.OFF.with(new Speculation.DraftModel(0, 5, 0)).adaptive(false);

    @TempDir
    private Path folder;

    private static Generate unending(String prompt, int tokens) {
        return greedy(prompt, tokens)
                .with(Sampling.builder().temperature(0).ignoreEos(true).build());
    }

    private LocalEngine open(Path draft, boolean unified) {
        return TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.unifiedCache(unified).draft(LocalEngineOptions.Draft.of(draft)));
    }

    private static String plain(LocalEngine engine, Generate request) throws InterruptedException {
        return EngineFixture.run(engine, request.with(Speculation.OFF)).text();
    }

    @Test
    void aModelThatSaysTheSameIsAlwaysRight() throws Exception {
        try (LocalEngine engine = open(TinyModels.llama(folder, Recipe.named("tiny-twin")), false)) {
            Generate request = unending(STORY, 61);
            String expected = plain(engine, request);
            long before = engine.stats().steps();
            Answer answer = EngineFixture.run(engine, request.with(ALWAYS));
            assertThat(answer.text()).isEqualTo(expected);
            assertThat(answer.finished().usage().acceptedTokens())
                    .isGreaterThan(answer.finished().usage().draftedTokens() * 9 / 10);
            assertThat(engine.stats().steps() - before).isLessThan(20);
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aModelThatIsOftenRightSparesSteps(boolean unified) throws Exception {
        try (LocalEngine engine = open(TinyModels.draft(folder), unified)) {
            List<Generate> requests = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                requests.add(unending(STORY + i, 40 + i));
                expected.add(plain(engine, requests.get(i)));
            }
            List<Generation> together = requests.stream()
                    .map(request -> engine.submit(request.with(ALWAYS)))
                    .toList();
            for (int i = 0; i < together.size(); i++) {
                engine.checkInvariants();
                assertThat(EngineFixture.collect(together.get(i)).getFirst().text())
                        .as("request %d", i)
                        .isEqualTo(expected.get(i));
            }
            EngineStats.Drafts drafts = engine.stats().drafts();
            assertThat(drafts.accepted()).isBetween(1L, drafts.tokens() - 1);
            assertThat(drafts.tokensOfLookup()).isZero();
            engine.checkInvariants();
        }
    }

    @Test
    void aLongPromptIsReadBitByBit() throws Exception {
        try (LocalEngine engine = open(TinyModels.draft(folder), true)) {
            Generate request = unending(STORY.repeat(20), 40);
            String expected = plain(engine, request);
            Answer answer = EngineFixture.run(engine, request.with(ALWAYS));
            assertThat(answer.text()).isEqualTo(expected);
            assertThat(answer.finished().usage().draftedTokens()).isPositive();
            engine.checkInvariants();
        }
    }

    @Test
    void whatIsUnlikelyIsNotDrafted() throws Exception {
        try (LocalEngine engine = open(TinyModels.draft(folder), false)) {
            Generate request = unending(STORY, 40);
            Answer answer = EngineFixture.run(
                    engine,
                    request.with(Speculation.OFF
                            .with(new Speculation.DraftModel(0, 5, 1))
                            .adaptive(false)));
            assertThat(answer.finished().usage().draftedTokens()).isZero();
            assertThat(answer.text()).isEqualTo(plain(engine, request));
        }
    }

    @Test
    void aShiftedContextIsReadAgain() throws Exception {
        try (LocalEngine engine = open(TinyModels.draft(folder), false)) {
            Generate request =
                    unending(STORY, 700).with(Limits.tokens(700).shiftingContext(new Limits.ContextShift(8, 0)));
            String expected = plain(engine, request);
            assertThat(EngineFixture.run(engine, request.with(ALWAYS)).text()).isEqualTo(expected);
            assertThat(engine.stats().contextShifts()).isGreaterThan(1);
            engine.checkInvariants();
        }
    }

    @Test
    void aCancelledCompletionLetsGoOfTheDraftModel() throws Exception {
        try (LocalEngine engine = open(TinyModels.draft(folder), false)) {
            Generate request = unending(STORY, 60);
            String expected = plain(engine, request);
            for (int i = 0; i < 12; i++) {
                Generation generation = engine.submit(unending(STORY + i, 200).with(ALWAYS));
                generation.next();
                generation.cancel();
                EngineFixture.collect(generation);
                engine.checkInvariants();
            }
            assertThat(EngineFixture.run(engine, request.with(ALWAYS)).text()).isEqualTo(expected);
            engine.checkInvariants();
        }
    }

    @Test
    void anotherVocabularyIsRefused() {
        Path other = TinyModels.bert(folder);
        assertThatThrownBy(() -> open(other, false)).isInstanceOf(IllegalArgumentException.class);
        Path words = TinyModels.llama(folder, Recipe.named("tiny-other").withVocabulary(TinyVocabulary.wordPiece()));
        assertThatThrownBy(() -> open(words, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vocabulary");
    }

    @Test
    void aStateThatCannotBeCutIsRefused() {
        Path mamba = TinyModels.mamba(folder);
        assertThatThrownBy(() -> open(mamba, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("can't be cut");
    }
}
