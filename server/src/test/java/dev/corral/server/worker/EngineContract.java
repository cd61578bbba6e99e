package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static dev.corral.server.worker.TinyModel.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.SlotState;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What an engine promises, wherever its model runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EngineContract {

    private static final int QUEUE = 4;

    @TempDir
    static Path folder;

    private Engine engine;
    private Path model = Path.of("none");

    abstract Engine open(LocalEngineOptions options) throws InterruptedException;

    @BeforeAll
    void openShared() throws InterruptedException {
        model = TinyModels.llama(folder);
        engine = open(options());
    }

    @AfterAll
    void closeShared() {
        engine.close();
    }

    private LocalEngineOptions options() {
        return TinyModel.options(model).name("tiny").queueLimit(QUEUE).build();
    }

    private static List<Event> events(Generation generation) throws InterruptedException {
        List<Event> events = new ArrayList<>();
        while (!generation.ended()) {
            events.add(generation.next());
        }
        return events;
    }

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }

    @Test
    void describesItsModel() {
        assertThat(engine.model().name()).isEqualTo("tiny");
        assertThat(engine.model().slots()).isEqualTo(4);
        assertThat(engine.model().contextSize()).isEqualTo(512);
        assertThat(engine.model().metadata()).containsEntry("general.architecture", "llama");
        assertThat(engine.ready()).isTrue();
    }

    @Test
    void streamsEventsInOrder() throws Exception {
        try (Generation generation = engine.submit(greedy("One two three", 6))) {
            List<Event> events = events(generation);
            assertThat(events.get(0)).isInstanceOf(Event.Queued.class);
            assertThat(events.get(1)).isInstanceOf(Event.Started.class);
            assertThat(events.subList(2, events.size() - 1))
                    .isNotEmpty()
                    .allSatisfy(event -> assertThat(event).isInstanceOf(Event.Delta.class));
            assertThat(events.getLast()).isInstanceOfSatisfying(Event.Finished.class, finished -> {
                assertThat(finished.reason()).isEqualTo(FinishReason.LIMIT);
                assertThat(finished.usage().generatedTokens()).isEqualTo(6);
                assertThat(finished.timings().generation()).isPositive();
            });
            assertThatIllegalStateException().isThrownBy(generation::next);
            generation.cancel();
        }
    }

    @Test
    void greedyTextIsTheSameEachTime() throws Exception {
        Generate request = greedy("The same again", 12).with(Generate.Cache.FRESH);
        Answer first = EngineFixture.run(engine, request);
        assertThat(first.tokens()).hasSize(12);
        assertThat(EngineFixture.run(engine, request).text()).isEqualTo(first.text());
    }

    @Test
    void makesSeveralCompletions() throws Exception {
        Generate request = greedy("Several", 5)
                .with(Sampling.builder().temperature(2).topK(0).minP(0).seed(1).build())
                .completions(3);
        assertThat(EngineFixture.runAll(engine, request))
                .hasSize(3)
                .extracting(answer -> answer.finished().index())
                .containsExactly(0, 1, 2);
    }

    @Test
    void tellsProgressAndProbabilities() throws Exception {
        Generate request = greedy("word ".repeat(60), 2)
                .with(Logprobs.top(3))
                .with(new Generate.Output(false, true))
                .with(Generate.Cache.FRESH);
        List<Event> events = events(engine.submit(request));
        assertThat(events).hasAtLeastOneElementOfType(Event.Progress.class);
        assertThat(events)
                .filteredOn(Event.Delta.class::isInstance)
                .allSatisfy(event -> assertThat(
                                ((Event.Delta) event).logprobs().getFirst().top())
                        .hasSize(3));
    }

    @Test
    void waitsOnlyAsLongAsAsked() throws Exception {
        try (Generation generation = engine.submit(endless("Patience"))) {
            awaitDelta(generation);
            assertThat(generation.next(Duration.ofSeconds(30))).isPresent();
            generation.cancel();
            while (!generation.ended()) {
                generation.next(Duration.ofSeconds(30));
            }
        }
    }

    @Test
    void cancellingEndsWhatRunsAndWhatWaits() throws Exception {
        List<Generation> generations = new ArrayList<>();
        generations.add(engine.submit(endless("Cancelled")));
        awaitDelta(generations.getFirst());
        for (int i = 0; i < 5; i++) {
            generations.add(engine.submit(endless("Cancelled " + i)));
        }
        for (Generation generation : generations.reversed()) {
            generation.cancel();
            generation.cancel();
            assertThat(events(generation).getLast())
                    .isInstanceOfSatisfying(
                            Event.Finished.class,
                            finished -> assertThat(finished.reason()).isEqualTo(FinishReason.CANCELLED));
        }
    }

    @Test
    void aBadRequestFailsWithItsReason() {
        assertThatThrownBy(() -> EngineFixture.run(engine, greedy("x", 2).with(new Grammar.Gbnf("root ::= missing"))))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.error()).isInstanceOf(EngineError.Invalid.class));
        assertThatThrownBy(() -> EngineFixture.run(engine, Generate.of(Prompt.tokens(1, 1 << 30))))
                .hasMessageContaining("1073741824");
        assertThatThrownBy(() -> EngineFixture.run(engine, greedy("word ".repeat(2000), 1)))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.error()).isInstanceOf(EngineError.ContextExceeded.class));
    }

    @Test
    void aDeadlineEndsARequest() {
        Generate late = endless("Too late").with(new Generate.Schedule(0, "", Optional.of(Duration.ofMillis(50))));
        assertThatThrownBy(() -> EngineFixture.run(engine, late))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.error()).isEqualTo(new EngineError.DeadlineExceeded(Duration.ofMillis(50))));
    }

    @Test
    void aFullQueueRefusesAtOnce() throws Exception {
        List<Generation> generations = new ArrayList<>();
        try {
            for (int i = 0; i < 4 + QUEUE; i++) {
                generations.add(engine.submit(endless("Busy " + i)));
            }
            assertThatExceptionOfType(EngineException.class)
                    .isThrownBy(() -> engine.submit(greedy("One too many", 1)))
                    .satisfies(e -> assertThat(e.error()).isInstanceOfSatisfying(EngineError.Busy.class, busy -> {
                        assertThat(busy.queued()).isEqualTo(QUEUE);
                        assertThat(busy.retryAfter()).isPositive();
                    }));
        } finally {
            generations.forEach(Generation::cancel);
            for (Generation generation : generations) {
                events(generation);
            }
        }
        assertThat(EngineFixture.run(engine, greedy("There is room again", 1)).tokens())
                .hasSize(1);
    }

    @Test
    void answersQuestions() throws Exception {
        String text = "Hello world";
        Tokens tokens = engine.ask(new Query.Tokenize(text, false, false, true)).tokens();
        assertThat(tokens.size()).isPositive();
        assertThat(engine.ask(new Query.Detokenize(tokens, false)).text()).contains("world");
        assertThat(engine.ask(new Query.SchemaToGrammar("{\"type\": \"integer\"}"))
                        .gbnf())
                .contains("root");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> engine.ask(new Query.Detokenize(Tokens.of(-5), false)))
                .withMessageContaining("-5");
    }

    @Test
    void answersMixNothingUp() throws Exception {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            String text = "number " + i;
            CompletableFuture<String> answer = new CompletableFuture<>();
            answers.add(answer);
            Thread.ofVirtual().start(() -> {
                try {
                    Tokens tokens = engine.ask(new Query.Tokenize(text, false, false, true))
                            .tokens();
                    answer.complete(
                            engine.ask(new Query.Detokenize(tokens, false)).text());
                } catch (InterruptedException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        for (int i = 0; i < 64; i++) {
            assertThat(answers.get(i).get(30, TimeUnit.SECONDS).strip()).isEqualTo("number " + i);
        }
    }

    @Test
    void slotsNameTheGenerationsInThem() throws Exception {
        try (Generation generation = engine.submit(endless("In a slot"))) {
            awaitDelta(generation);
            assertThat(engine.ask(new Query.Slots()).slots())
                    .hasSize(4)
                    .filteredOn(SlotState::running)
                    .extracting(SlotState::generation)
                    .contains(generation.id());
            generation.cancel();
            events(generation); // until its place is free for the next test
        }
    }

    @Test
    void whoeverAsksMayBeInterrupted() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread asking = Thread.ofVirtual().unstarted(() -> {
            try {
                Thread.currentThread().interrupt();
                engine.ask(new Query.Tokenize("word ".repeat(1000), false, false, true));
                interrupted.complete(Thread.currentThread().isInterrupted()); // it was answered before it had to wait
            } catch (InterruptedException e) {
                interrupted.complete(true);
            } catch (RuntimeException e) {
                interrupted.completeExceptionally(e);
            }
        });
        asking.start();
        assertThat(interrupted.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(engine.ask(new Query.Tokenize("still there", false, false, true))
                        .tokens()
                        .isEmpty())
                .isFalse();
    }

    @Test
    void countsWhatItDoes() throws Exception {
        long before = engine.stats().tokensGenerated();
        EngineFixture.run(engine, greedy("Counted", 7));
        // the last step's figures come right after its events
        engine.ask(new Query.Slots());
        assertThat(engine.stats().tokensGenerated()).isGreaterThanOrEqualTo(before + 7);
        assertThat(engine.stats().slots()).isEqualTo(4);
    }

    @Test
    void closingEndsWhatRunsAndRefusesWhatComes() throws Exception {
        Engine closing = open(options());
        Generation running = closing.submit(endless("Until it is closed"));
        awaitDelta(running);
        closing.close();
        closing.close();
        assertThat(events(running).getLast()).isEqualTo(new Event.Failed(new EngineError.Closed()));
        running.cancel();
        assertThatExceptionOfType(EngineException.class)
                .isThrownBy(() -> closing.submit(greedy("x", 1)))
                .satisfies(e -> assertThat(e.error()).isEqualTo(new EngineError.Closed()));
        assertThatExceptionOfType(EngineException.class)
                .isThrownBy(() -> closing.ask(new Query.Slots()))
                .satisfies(e -> assertThat(e.error()).isEqualTo(new EngineError.Closed()));
    }
}
