package dev.corral.engine.local;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Sampling;
import dev.corral.engine.SamplingBuilder;
import dev.corral.engine.Speculation;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drafts of any quality change how many steps a text takes, and nothing else. */
@Timeout(60)
class SpeculationTest {

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house by the river ";
    private static final int VOCABULARY = 300;
    private static final int TOKENS = 48;

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

    private static Generate plain(Generate request) {
        return request.with(Speculation.OFF);
    }

    private Answer plainly(Generate request) throws InterruptedException {
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            Answer answer = EngineFixture.run(engine, plain(request));
            assertThat(engine.stats().drafts()).isEqualTo(EngineStats.Drafts.NONE);
            return answer;
        }
    }

    private static int[] ids(Answer answer) {
        return answer.tokens().stream().mapToInt(Integer::intValue).toArray();
    }

    private LocalEngine drafting(Answer expected, double right, long seed) {
        return drafting(expected, right, seed, false);
    }

    private LocalEngine drafting(Answer expected, double right, long seed, boolean unified) {
        LocalEngineOptions options =
                TinyEngines.options(model).unifiedCache(unified).build();
        return LocalEngine.open(options, progress -> {}, ScriptedDrafter.of(ids(expected), VOCABULARY, right, seed));
    }

    /** Reads a generation to its end, checking the cache all the while. */
    private static Answer checked(LocalEngine engine, Generate request) throws InterruptedException {
        Generation generation = engine.submit(request);
        engine.checkInvariants();
        List<Answer> answers = EngineFixture.collect(generation);
        engine.checkInvariants();
        return answers.getFirst();
    }

    private static void assertCounted(LocalEngine engine, Answer... answers) {
        long drafted = 0;
        long accepted = 0;
        for (Answer answer : answers) {
            drafted += answer.finished().usage().draftedTokens();
            accepted += answer.finished().usage().acceptedTokens();
        }
        EngineStats.Drafts drafts = engine.stats().drafts();
        assertThat(drafts.tokens()).isEqualTo(drafted);
        assertThat(drafts.accepted()).isEqualTo(accepted);
        assertThat(drafts.tokensOfLookup()).isEqualTo(drafted);
        assertThat(drafts.acceptedOfLookup()).isEqualTo(accepted);
        assertThat(accepted).isLessThanOrEqualTo(drafted);
    }

    @ParameterizedTest
    @CsvSource({"1,false", "7,false", "31,true"})
    void draftsThatAreRightSpareSteps(int most, boolean unified) throws Exception {
        Generate request = unending(STORY, TOKENS);
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 1, 1, unified)) {
            Answer answer = checked(engine, ScriptedDrafter.always(most).apply(request));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.text()).isEqualTo(expected.text());
            assertThat(answer.finished().reason()).isEqualTo(FinishReason.LIMIT);
            assertThat(answer.finished().usage().generatedTokens()).isEqualTo(TOKENS);
            assertThat(answer.finished().usage().acceptedTokens())
                    .isEqualTo(answer.finished().usage().draftedTokens());
            long steps = engine.stats().steps();
            assertThat(steps).isEqualTo(1 + (TOKENS - 1 + most) / (most + 1));
            assertCounted(engine, answer);
        }
    }

    @Test
    void draftsThatAreWrongChangeNothing() throws Exception {
        Generate request = unending(STORY, TOKENS);
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0, 2)) {
            Answer answer = checked(engine, ScriptedDrafter.always(5).apply(request));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.finished().usage().acceptedTokens()).isZero();
            assertThat(engine.stats().steps()).isEqualTo(TOKENS);
            assertCounted(engine, answer);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void draftsThatAreSometimesRightChangeNothing(long seed) throws Exception {
        Generate request = unending(STORY + seed, 150);
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0.8, seed, seed % 2 == 0)) {
            Answer answer = checked(engine, ScriptedDrafter.always((int) seed).apply(request));
            assertThat(answer.tokens()).as("seed %d", seed).isEqualTo(expected.tokens());
            assertThat(answer.finished().usage().acceptedTokens()).isBetween(1, 149);
            assertThat(engine.stats().steps())
                    .isEqualTo(150 - answer.finished().usage().acceptedTokens());
            assertCounted(engine, answer);
            Answer again = checked(engine, ScriptedDrafter.always(9).apply(request));
            assertThat(again.tokens()).as("from the cache").isEqualTo(expected.tokens());
        }
    }

    enum Chain {
        TEMPERATURE,
        PENALTIES,
        DRY,
        MIROSTAT,
        MIROSTAT_2,
        DYNAMIC,
        ADAPTIVE,
        XTC;

        Sampling sampling() {
            SamplingBuilder sampling =
                    Sampling.builder().seed(42).temperature(0.9).ignoreEos(true);
            return switch (this) {
                case TEMPERATURE -> sampling.build();
                case PENALTIES ->
                    sampling.penalties(new Sampling.Penalties(64, 1.3, 0.2, 0.1))
                            .build();
                case DRY ->
                    sampling.dry(new Sampling.Dry(0.8, 1.75, 1, -1, List.of("\n")))
                            .build();
                case MIROSTAT -> sampling.mirostat(1, 5, 0.1).build();
                case MIROSTAT_2 -> sampling.mirostat(2, 5, 0.1).build();
                case DYNAMIC -> sampling.dynamicTemperature(0.5, 1).build();
                case ADAPTIVE -> sampling.adaptive(0.4, 0.9).build();
                case XTC -> sampling.xtc(0.5, 0.05).build();
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSeedGivesTheSameTokensWithDrafts(Chain chain) throws Exception {
        Generate request = greedy(STORY, TOKENS).with(chain.sampling());
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0.85, 3)) {
            Answer answer = checked(engine, ScriptedDrafter.always(6).apply(request));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.finished().usage().acceptedTokens()).isPositive();
        }
    }

    @Test
    void aGrammarSeesOnlyWhatBecomesOutput() throws Exception {
        Generate request = greedy(STORY, TOKENS)
                .with(new Grammar.Gbnf("root ::= (\"the \" | \"cat \" | \"red \" | [0-9]+ \" \")+"));
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0.7, 4)) {
            Answer answer = checked(engine, ScriptedDrafter.always(6).apply(request));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.text()).isEqualTo(expected.text());
            assertThat(answer.finished().usage().acceptedTokens()).isPositive();
        }
    }

    @Test
    void everyTokenHasItsLogprobs() throws Exception {
        Generate request = unending(STORY, TOKENS).with(new Logprobs(5, false));
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0.8, 5)) {
            Answer answer = checked(engine, ScriptedDrafter.always(6).apply(request));
            assertThat(answer.logprobs()).hasSize(TOKENS);
            for (int i = 0; i < TOKENS; i++) {
                TokenLogprob one = answer.logprobs().get(i);
                TokenLogprob other = expected.logprobs().get(i);
                assertThat(one.token()).isEqualTo(other.token());
                assertThat(one.logprob()).isCloseTo(other.logprob(), within(1e-3));
                assertThat(one.top()).hasSize(5);
                assertThat(one.top().getFirst().token())
                        .isEqualTo(other.top().getFirst().token());
            }
        }
    }

    @Test
    void aStopStringWithinADraftEndsTheText() throws Exception {
        Generate whole = unending(STORY, TOKENS);
        String text = plainly(whole).text();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 3);
        Generate request = whole.stopAt(List.of(stop));
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(plainly(whole), 1, 6)) {
            Answer answer = checked(engine, ScriptedDrafter.always(20).apply(request));
            assertThat(answer.text()).isEqualTo(expected.text());
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.finished().reason()).isEqualTo(FinishReason.STOP_STRING);
            assertThat(answer.finished().usage().generatedTokens())
                    .isEqualTo(expected.finished().usage().generatedTokens());
            int kept = answer.finished().usage().promptTokens()
                    + answer.finished().usage().generatedTokens()
                    - 1;
            assertThat(engine.stats().usedCells())
                    .as("tokens after the stop leave the cache")
                    .isEqualTo(kept);
        }
    }

    @Test
    void anEndOfTextWithinADraftEndsTheText() throws Exception {
        Generate request = greedy(STORY, TOKENS).with(new Grammar.Gbnf("root ::= [a-z ]{40}"));
        Answer expected = plainly(request);
        assertThat(expected.finished().reason()).isEqualTo(FinishReason.END_OF_TEXT);
        try (LocalEngine engine = drafting(expected, 1, 7)) {
            Answer answer = checked(engine, ScriptedDrafter.always(20).apply(request));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.finished().reason()).isEqualTo(FinishReason.END_OF_TEXT);
            assertThat(answer.finished().usage().generatedTokens())
                    .isEqualTo(expected.finished().usage().generatedTokens());
        }
    }

    @Test
    void aShiftedContextGoesOn() throws Exception {
        Generate request =
                unending(STORY.repeat(2), 700).with(Limits.tokens(700).shiftingContext(new Limits.ContextShift(8, 0)));
        Answer expected = plainly(request);
        for (boolean unified : new boolean[] {false, true}) {
            LocalEngineOptions options = TinyEngines.options(model)
                    .unifiedCache(unified)
                    .contextSize(unified ? 512 : 2048)
                    .build();
            try (LocalEngine engine =
                    LocalEngine.open(options, progress -> {}, ScriptedDrafter.of(ids(expected), VOCABULARY, 0.9, 8))) {
                Answer answer = checked(engine, ScriptedDrafter.always(15).apply(request));
                assertThat(answer.tokens()).isEqualTo(expected.tokens());
                assertThat(engine.stats().contextShifts()).isPositive();
                assertThat(answer.finished().usage().acceptedTokens()).isPositive();
            }
        }
    }

    @Test
    void completionsOfOneRequestDraftEachForItself() throws Exception {
        Generate request = greedy(STORY, TOKENS)
                .with(Sampling.builder().seed(9).ignoreEos(true).build())
                .completions(4);
        List<Answer> expected;
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            expected = EngineFixture.runAll(engine, plain(request));
        }
        try (LocalEngine engine = drafting(expected.get(2), 0.9, 9)) {
            List<Answer> answers =
                    EngineFixture.runAll(engine, ScriptedDrafter.always(5).apply(request));
            engine.checkInvariants();
            for (int i = 0; i < 4; i++) {
                assertThat(answers.get(i).tokens()).isEqualTo(expected.get(i).tokens());
            }
            assertCounted(engine, answers.toArray(Answer[]::new));
        }
    }

    @Test
    void completionsThatMakeRoomForOthersGoOn() throws Exception {
        List<Generate> requests = new ArrayList<>();
        List<Answer> expected = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            requests.add(unending(i + " " + STORY, 80 + i));
            expected.add(plainly(requests.get(i)));
        }
        LocalEngineOptions options = TinyEngines.options(model)
                .unifiedCache(true)
                .contextSize(384)
                .slots(6)
                .build();
        try (LocalEngine engine = LocalEngine.open(
                options, progress -> {}, ScriptedDrafter.of(ids(expected.get(3)), VOCABULARY, 0.9, 10))) {
            List<Generation> running = new ArrayList<>();
            for (Generate request : requests) {
                running.add(engine.submit(ScriptedDrafter.always(8).apply(request)));
            }
            for (int i = 0; i < requests.size(); i++) {
                engine.checkInvariants();
                assertThat(EngineFixture.collect(running.get(i)).getFirst().tokens())
                        .isEqualTo(expected.get(i).tokens());
            }
            assertThat(engine.stats().preemptions()).isPositive();
            assertThat(engine.stats().drafts().accepted()).isPositive();
            engine.checkInvariants();
        }
    }

    @Test
    void aCancelledCompletionLeavesItsOutputInTheCache() throws Exception {
        Generate request = unending(STORY, 400);
        Answer expected = plainly(request);
        try (LocalEngine engine = drafting(expected, 0.8, 11)) {
            Generation generation = engine.submit(ScriptedDrafter.always(4).apply(request));
            while (!(generation.next() instanceof Event.Delta)) {
                engine.checkInvariants();
            }
            generation.cancel();
            Answer answer = EngineFixture.collect(generation).getFirst();
            engine.checkInvariants();
            assertThat(expected.text()).contains(answer.text());
            assertThat(checked(engine, ScriptedDrafter.always(4).apply(request)).tokens())
                    .isEqualTo(expected.tokens());
        }
    }

    @ParameterizedTest
    @EnumSource(MemoryKindsTest.Kind.class)
    void whereMemoryCannotBeCutNothingIsDrafted(MemoryKindsTest.Kind kind, @TempDir Path models) throws Exception {
        try (LocalEngine engine = kind.open(models)) {
            Generate request = unending(STORY.repeat(3), 60);
            String expected = EngineFixture.run(engine, plain(request)).text();
            Generate speculating = request.with(
                    Speculation.OFF.with(new Speculation.Lookup(1, 6)).adaptive(false));
            assertThat(checked(engine, speculating).text()).isEqualTo(expected);
            boolean drafts = kind.cuttable() && kind != MemoryKindsTest.Kind.SLIDING_WINDOW_DROPPED;
            assertThat(engine.stats().drafts().tokens() > 0).isEqualTo(drafts && drafted(kind));
        }
    }

    /** A window that is kept whole can be cut where cells are shared. */
    private static boolean drafted(MemoryKindsTest.Kind kind) {
        return kind != MemoryKindsTest.Kind.SLIDING_WINDOW;
    }

    @Test
    void adaptiveSpeculationChangesNoText() throws Exception {
        Generate request = unending("one two three one two three one two three", 120);
        Answer expected = plainly(request);
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            Answer answer = checked(engine, request.with(Speculation.ADAPTIVE));
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertCounted(engine, answer);
        }
    }
}
