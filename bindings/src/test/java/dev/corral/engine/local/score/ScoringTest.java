package dev.corral.engine.local.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.DirectScores;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of given texts, beside a direct computation from the logits. */
class ScoringTest {

    private static final double CLOSE = 1e-4;

    @TempDir
    private Path folder;

    private static int[] tokens(Random random, int count) {
        return random.ints(count, 300, 500).toArray();
    }

    private static int[] joined(int[] before, int[] after) {
        return IntStream.concat(Arrays.stream(before), Arrays.stream(after)).toArray();
    }

    private static void check(Likelihood found, DirectScores direct, int[] context, int[] continuation) {
        double[][] rows = direct.after(joined(context, continuation));
        double sum = 0;
        boolean greedy = true;
        assertThat(found.tokens()).isEqualTo(Tokens.of(continuation));
        for (int i = 0; i < continuation.length; i++) {
            double[] row = rows[context.length - 1 + i];
            double own = row[continuation[i]];
            assertThat(found.logprobs().get(i)).isCloseTo(own, within(CLOSE));
            greedy &= Arrays.stream(row).max().orElseThrow() == own;
            sum += own;
        }
        assertThat(found.logLikelihood()).isCloseTo(sum, within(CLOSE * Math.max(1, continuation.length)));
        assertThat(found.greedy()).isEqualTo(greedy);
    }

    static Stream<Arguments> models() {
        Function<Path, Path> llama = TinyModels::llama;
        Function<Path, Path> window = TinyModels::slidingWindow;
        Function<Path, Path> mamba = TinyModels::mamba;
        Function<Path, Path> hybrid = TinyModels::hybrid;
        return Stream.of(
                Arguments.of("llama, unified", llama, true),
                Arguments.of("llama, split", llama, false),
                Arguments.of("sliding window", window, true),
                Arguments.of("recurrent", mamba, false),
                Arguments.of("hybrid", hybrid, false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void scoresAreThoseOfTheLogits(String name, Function<Path, Path> model, boolean unified) throws Exception {
        Path file = model.apply(folder);
        Random random = new Random(7);
        try (LocalEngine engine = TinyEngines.open(file, options -> options.unifiedCache(unified));
                DirectScores direct = new DirectScores(file)) {
            List<Query.Score.Item> items = new ArrayList<>();
            List<int[]> contexts = new ArrayList<>();
            List<List<int[]>> continuations = new ArrayList<>();
            int[] shared = tokens(random, 40);
            for (int i = 0; i < 12; i++) {
                int[] context = joined(shared, tokens(random, 1 + random.nextInt(30)));
                List<int[]> own = new ArrayList<>();
                for (int j = 0; j < 4; j++) {
                    own.add(tokens(random, random.nextInt(6)));
                }
                // one that a greedy text would be
                double[] row = direct.after(context)[context.length - 1];
                own.add(new int[] {IntStream.range(0, row.length).reduce(0, (a, b) -> row[b] > row[a] ? b : a)});
                contexts.add(context);
                continuations.add(own);
                items.add(new Query.Score.Item(
                        Prompt.tokens(context), own.stream().map(Prompt::tokens).toList()));
            }
            List<List<Likelihood>> scored =
                    engine.ask(new Query.Score(items, Generate.Schedule.NORMAL)).items();
            for (int i = 0; i < items.size(); i++) {
                for (int j = 0; j < continuations.get(i).size(); j++) {
                    check(
                            scored.get(i).get(j),
                            direct,
                            contexts.get(i),
                            continuations.get(i).get(j));
                }
                assertThat(scored.get(i).getLast().greedy()).isTrue();
            }
            engine.checkInvariants();
            assertThat(engine.stats().running()).isZero();
            assertThat(engine.stats().queued()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sharedPrefixesAreComputedOnce(boolean unified) throws Exception {
        Random random = new Random(3);
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.unifiedCache(unified).contextSize(4096))) {
            int[] shots = tokens(random, 100);
            List<Query.Score.Item> items = new ArrayList<>();
            int unique = shots.length;
            for (int i = 0; i < 20; i++) {
                int[] question = tokens(random, 40);
                List<Prompt> choices = new ArrayList<>();
                for (int j = 0; j < 4; j++) {
                    choices.add(Prompt.tokens(joined(new int[] {260 + j}, tokens(random, 5))));
                }
                unique += 40 + 4 * 6;
                items.add(new Query.Score.Item(Prompt.tokens(joined(shots, question)), choices));
            }
            engine.ask(new Query.Score(items, Generate.Schedule.NORMAL));
            assertThat((double) engine.stats().promptTokensEvaluated() / unique).isLessThanOrEqualTo(1.1);
        }
    }

    @Test
    void fourChoicesOfOneTokenCostOneContext() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options)) {
            int[] context = tokens(new Random(5), 50);
            engine.ask(Query.Score.of(new Query.Score.Item(
                    Prompt.tokens(context),
                    List.of(Prompt.tokens(260), Prompt.tokens(261), Prompt.tokens(262), Prompt.tokens(263)))));
            assertThat(engine.stats().promptTokensEvaluated()).isEqualTo(50);
        }
    }

    @Test
    void aCachedPrefixEndsBeforeWhatIsScored() throws Exception {
        Path file = TinyModels.llama(folder);
        try (LocalEngine engine = TinyEngines.open(file, options -> options);
                DirectScores direct = new DirectScores(file)) {
            int[] context = tokens(new Random(5), 50);
            int[] continuation = tokens(new Random(6), 10);
            EngineFixture.run(
                    engine,
                    Generate.of(Prompt.tokens(joined(context, continuation))).with(Limits.tokens(1)));
            engine.checkInvariants(); // counters are published between steps
            long before = engine.stats().promptTokensEvaluated();
            Likelihood found = engine.ask(Query.Score.of(
                            new Query.Score.Item(Prompt.tokens(context), List.of(Prompt.tokens(continuation)))))
                    .items()
                    .getFirst()
                    .getFirst();
            check(found, direct, context, continuation);
            assertThat(engine.stats().promptTokensEvaluated() - before).isEqualTo(10);
        }
    }

    @Test
    void aLongTextIsScoredInWindows() throws Exception {
        Path file = TinyModels.llama(folder);
        int bos = 1;
        try (LocalEngine engine = TinyEngines.open(file, options -> options);
                DirectScores direct = new DirectScores(file)) {
            int[] text = tokens(new Random(9), 100);
            Likelihood whole = engine.ask(
                            new Query.ScoreRolling(List.of(Prompt.tokens(text)), 0, Generate.Schedule.NORMAL))
                    .texts()
                    .getFirst();
            check(whole, direct, new int[] {bos}, text);
            Likelihood windowed = engine.ask(
                            new Query.ScoreRolling(List.of(Prompt.tokens(text)), 40, Generate.Schedule.NORMAL))
                    .texts()
                    .getFirst();
            assertThat(windowed.tokens()).isEqualTo(Tokens.of(text));
            assertThat(windowed.logprobs().subList(0, 40))
                    .isEqualTo(whole.logprobs().subList(0, 40));
            double[][] second = direct.after(Arrays.copyOfRange(text, 39, 80));
            assertThat(windowed.logprobs().get(40)).isCloseTo(second[0][text[40]], within(CLOSE));
            double[][] last = direct.after(Arrays.copyOfRange(text, 59, 100));
            assertThat(windowed.logprobs().get(99)).isCloseTo(last[39][text[99]], within(CLOSE));
            assertThatThrownBy(() -> engine.ask(
                            new Query.ScoreRolling(List.of(Prompt.tokens(text)), 100_000, Generate.Schedule.NORMAL)))
                    .hasMessageContaining("window");
        }
    }

    @Test
    void aTextThatFillsTheContextIsScored() throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder), options -> options.contextSize(256).slots(1))) {
            int size = engine.model().contextSize();
            int[] text = tokens(new Random(1), size + 1);
            Query.Score fits = Query.Score.of(
                    new Query.Score.Item(Prompt.tokens(Arrays.copyOf(text, size)), List.of(Prompt.tokens(text[size]))));
            assertThat(engine.ask(fits).items().getFirst().getFirst().logLikelihood())
                    .isNegative();
            Query.Score tooLong =
                    Query.Score.of(new Query.Score.Item(Prompt.tokens(text), List.of(Prompt.tokens(300))));
            assertThatThrownBy(() -> engine.ask(tooLong))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            failure -> assertThat(failure.error()).isInstanceOf(EngineError.ContextExceeded.class));
            engine.checkInvariants();
        }
    }

    @Test
    void promptLogprobsComeBeforeTheFirstToken() throws Exception {
        Path file = TinyModels.llama(folder);
        try (LocalEngine engine = TinyEngines.open(file, options -> options);
                DirectScores direct = new DirectScores(file)) {
            int[] prompt = tokens(new Random(2), 30);
            for (int maxTokens : new int[] {0, 3}) {
                List<Event> events = new ArrayList<>();
                try (Generation generation = engine.submit(Generate.of(Prompt.tokens(prompt))
                        .with(Sampling.greedySampling())
                        .with(Limits.tokens(maxTokens))
                        .completions(2)
                        .with(Logprobs.top(3).withPrompt()))) {
                    while (!generation.ended()) {
                        events.add(generation.next());
                    }
                }
                List<Event.PromptLogprobs> reports = events.stream()
                        .filter(Event.PromptLogprobs.class::isInstance)
                        .map(Event.PromptLogprobs.class::cast)
                        .toList();
                assertThat(reports).hasSize(1);
                List<TokenLogprob> scored = reports.getFirst().tokens();
                assertThat(scored).hasSize(30);
                assertThat(scored.getFirst().logprob()).isNaN();
                double[][] rows = direct.after(prompt);
                for (int i = 1; i < 30; i++) {
                    assertThat(scored.get(i).token()).isEqualTo(prompt[i]);
                    assertThat(scored.get(i).logprob()).isCloseTo(rows[i - 1][prompt[i]], within(CLOSE));
                    assertThat(scored.get(i).top()).hasSize(3);
                    assertThat(scored.get(i).top().getFirst().logprob())
                            .isCloseTo(Arrays.stream(rows[i - 1]).max().orElseThrow(), within(CLOSE));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void promptsThatShareTheirBeginningScoreItOnce(boolean atOnce) throws Exception {
        Path file = TinyModels.llama(folder);
        try (LocalEngine engine = TinyEngines.open(file, options -> options);
                DirectScores direct = new DirectScores(file)) {
            int[] context = tokens(new Random(8), 120);
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                prompts.add(joined(context, joined(new int[] {260 + i}, tokens(new Random(i), 3))));
            }
            List<Generation> generations = new ArrayList<>();
            for (int[] prompt : prompts) {
                Generation generation = engine.submit(Generate.of(Prompt.tokens(prompt))
                        .with(Limits.tokens(1))
                        .with(Logprobs.top(2).withPrompt()));
                generations.add(generation);
                while (!atOnce && !(generation.next() instanceof Event.Finished)) {}
            }
            if (atOnce) {
                for (int i = 0; i < prompts.size(); i++) {
                    double[][] rows = direct.after(prompts.get(i));
                    while (!generations.get(i).ended()) {
                        if (generations.get(i).next() instanceof Event.PromptLogprobs(List<TokenLogprob> scored)) {
                            for (int j = 1; j < scored.size(); j++) {
                                assertThat(scored.get(j).logprob())
                                        .isCloseTo(rows[j - 1][prompts.get(i)[j]], within(CLOSE));
                                assertThat(scored.get(j).top()).hasSize(2);
                            }
                        }
                    }
                }
            }
            int unique = 120 + 8 * 4;
            engine.checkInvariants();
            assertThat((double) engine.stats().promptTokensEvaluated() / unique).isLessThanOrEqualTo(1.1);
        }
    }

    @Test
    void anInterruptEndsALongList() throws Exception {
        try (LocalEngine engine = TinyEngines.open(TinyModels.llama(folder), options -> options.queueLimit(4))) {
            Random random = new Random(4);
            List<Query.Score.Item> items = new ArrayList<>();
            for (int i = 0; i < 3000; i++) {
                items.add(new Query.Score.Item(
                        Prompt.tokens(tokens(random, 60)), List.of(Prompt.tokens(tokens(random, 3)))));
            }
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread asking = Thread.ofVirtual().start(() -> {
                try {
                    engine.ask(new Query.Score(items, Generate.Schedule.NORMAL));
                } catch (InterruptedException | RuntimeException e) {
                    thrown.set(e);
                }
            });
            while (engine.stats().promptTokensEvaluated() < 500) {
                Thread.onSpinWait();
            }
            // the list counts as a few requests: others still get in
            assertThat(EngineFixture.run(engine, TinyEngines.greedy("the cat", 4))
                            .tokens())
                    .hasSize(4);
            asking.interrupt();
            asking.join();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
            engine.checkInvariants();
            while (engine.stats().running() + engine.stats().queued() > 0) {
                Thread.onSpinWait();
            }
            assertThat(engine.stats().promptTokensEvaluated()).isLessThan(3000 * 62);
        }
    }
}
