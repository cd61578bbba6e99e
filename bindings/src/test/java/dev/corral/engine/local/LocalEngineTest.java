package dev.corral.engine.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.Chat;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.EngineFixture.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LocalEngineTest {

    private static LocalEngine engine;

    @BeforeAll
    static void open() {
        engine = EngineFixture.open();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @AfterEach
    void nothingIsLeftBehind() throws InterruptedException {
        engine.checkInvariants();
        assertThat(engine.stats().running()).isZero();
        assertThat(engine.stats().queued()).isZero();
    }

    private static Generate greedy(String prompt, int tokens) {
        return Generate.of(Prompt.text(prompt)).with(Sampling.greedySampling()).with(Limits.tokens(tokens));
    }

    @Test
    void greedyTextIsTheSameAloneAndAmongOthers() throws Exception {
        // chosen so that every step's likeliest token leads clearly: batches of another shape round differently
        List<String> prompts = List.of(
                "1, 2, 3, 4,",
                "{\"name\": \"John\", \"age\":",
                "Q: What is 1+1?\nA: 2\nQ: What is 2+2?\nA:",
                "public static void main(",
                "<|im_start|>user\nThank you!<|im_end|>\n<|im_start|>assistant\n",
                "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
                "SELECT * FROM",
                "for i in range(10):\n");
        List<String> alone = new ArrayList<>();
        for (String prompt : prompts) {
            alone.add(EngineFixture.run(engine, greedy(prompt, 24)).text());
        }
        List<Generation> together = prompts.stream()
                .map(prompt -> engine.submit(greedy(prompt, 24)))
                .toList();
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(EngineFixture.collect(together.get(i)).getFirst().text()).isEqualTo(alone.get(i));
        }
    }

    @Test
    void aSecondRequestReusesTheFirstOnesPrefix() throws Exception {
        String prefix = "The quick brown fox jumps over the lazy dog. ".repeat(10);
        Answer first = EngineFixture.run(engine, greedy(prefix + "One", 4));
        long evaluated = engine.stats().promptTokensEvaluated();
        Answer second = EngineFixture.run(engine, greedy(prefix + "Two", 4));
        assertThat(second.cachedTokens()).isGreaterThan(90);
        assertThat(engine.stats().promptTokensEvaluated() - evaluated)
                .isEqualTo(second.finished().usage().promptTokens() - second.cachedTokens());
        assertThat(first.finished().usage().promptTokens()).isGreaterThan(second.cachedTokens());
    }

    @Test
    void aRequestWithoutReuseComputesItsWholePrompt() throws Exception {
        Generate request = greedy("One two three four five six seven eight nine ten", 2);
        EngineFixture.run(engine, request);
        assertThat(EngineFixture.run(engine, request).cachedTokens()).isPositive();
        assertThat(EngineFixture.run(engine, request.with(Generate.Cache.FRESH)).cachedTokens())
                .isZero();
    }

    @Test
    void requestsThatArriveTogetherComputeASharedPrefixOnce() throws Exception {
        String prefix = "A shared beginning that nobody has asked about before. ".repeat(12);
        int prefixTokens = engine.ask(new Query.Tokenize(prefix, true, true, false))
                .tokens()
                .size();
        long evaluated = engine.stats().promptTokensEvaluated();
        List<Generation> together = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            together.add(engine.submit(greedy(prefix + i, 3)));
        }
        for (Generation generation : together) {
            EngineFixture.collect(generation);
        }
        assertThat(engine.stats().promptTokensEvaluated() - evaluated).isLessThan(prefixTokens + 8L * 4);
    }

    @Test
    void severalCompletionsShareOnePrefill() throws Exception {
        String prompt = "Completions of one prompt are forks of one prefill, which happens only once: ";
        int promptTokens = engine.ask(new Query.Tokenize(prompt, true, true, false))
                .tokens()
                .size();
        long evaluated = engine.stats().promptTokensEvaluated();
        Generate request = Generate.of(Prompt.text(prompt))
                .with(Sampling.builder()
                        .temperature(1.5)
                        .topK(0)
                        .minP(0)
                        .seed(42)
                        .build())
                .with(Limits.tokens(8))
                .completions(6);
        List<Answer> answers = EngineFixture.runAll(engine, request);
        assertThat(answers).hasSize(6);
        assertThat(answers.stream().map(Answer::text).distinct().count()).isGreaterThan(3);
        assertThat(engine.stats().promptTokensEvaluated() - evaluated).isLessThanOrEqualTo(promptTokens + 5L);
        assertThat(EngineFixture.runAll(engine, request).stream().map(Answer::text))
                .as("the same seed says the same")
                .containsExactlyElementsOf(answers.stream().map(Answer::text).toList());
    }

    @Test
    void zeroTokensEvaluateThePromptOnly() throws Exception {
        Answer answer = EngineFixture.run(engine, greedy("Only read this, say nothing", 0));
        assertThat(answer.text()).isEmpty();
        assertThat(answer.finished().usage().generatedTokens()).isZero();
        assertThat(EngineFixture.run(engine, greedy("Only read this, say nothing", 1))
                        .cachedTokens())
                .isPositive();
    }

    @Test
    void aStopStringEndsTheTextBeforeIt() throws Exception {
        String whole = EngineFixture.run(engine, greedy("The capital of France is", 16))
                .text();
        String stop = whole.substring(6, 9);
        Answer stopped =
                EngineFixture.run(engine, greedy("The capital of France is", 16).stopAt(List.of(stop)));
        assertThat(stopped.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(stopped.finished().reason()).isEqualTo(FinishReason.STOP_STRING);
        assertThat(stopped.finished().stoppingWord()).contains(stop);
    }

    @Test
    void theModelEndsItsAnswer() throws Exception {
        Answer answer =
                EngineFixture.run(engine, greedy("<|im_start|>user\nSay OK.<|im_end|>\n<|im_start|>assistant\n", 200));
        assertThat(answer.finished().reason()).isEqualTo(FinishReason.END_OF_TEXT);
        assertThat(answer.text()).doesNotContain("<|im_end|>");
        int beyond = answer.finished().usage().generatedTokens() + 8;
        Answer unending = EngineFixture.run(
                engine,
                greedy("<|im_start|>user\nSay OK.<|im_end|>\n<|im_start|>assistant\n", beyond)
                        .with(Sampling.builder().temperature(0).ignoreEos(true).build()));
        assertThat(unending.finished().reason()).isEqualTo(FinishReason.LIMIT);
        assertThat(unending.finished().usage().generatedTokens()).isEqualTo(beyond);
    }

    @Test
    void aGrammarShapesTheText() throws Exception {
        Generate request = Generate.of(Prompt.text("Is water wet? Answer:")).with(Limits.tokens(20));
        assertThat(EngineFixture.run(engine, request.with(new Grammar.Gbnf("root ::= \" yes\" | \" no\"")))
                        .text())
                .isIn(" yes", " no");
        String schema = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"maximum\":9}},"
                + "\"required\":[\"n\"],\"additionalProperties\":false}";
        assertThat(EngineFixture.run(engine, request.with(new Grammar.JsonSchema(schema)))
                        .text())
                .matches("\\{\\s*\"n\"\\s*:\\s*-?\\d+\\s*}");
    }

    @Test
    void badGrammarsAreNamedAndHarmNobody() {
        for (Grammar bad : List.of(
                new Grammar.Gbnf("root ::= missing"),
                new Grammar.Gbnf("root ::= \"unclosed"),
                new Grammar.Gbnf("%llguidance {}"),
                new Grammar.Gbnf("root ::= " + "(".repeat(3_000) + "\"a\"" + ")".repeat(3_000)),
                new Grammar.JsonSchema("{\"type\":\"nonsense\"}"),
                new Grammar.JsonSchema("not json"),
                new Grammar.Lazy("root ::= \"a\"", List.of(new Grammar.Trigger.Pattern("(unclosed"))))) {
            assertThatThrownBy(() -> EngineFixture.run(engine, greedy("x", 4).with(bad)))
                    .as("%s", bad)
                    .isInstanceOfSatisfying(
                            EngineException.class, e -> assertThat(e.error()).isInstanceOf(EngineError.Invalid.class));
        }
    }

    @Test
    void logprobsAreOrderedAndNameTheSampledToken() throws Exception {
        Answer answer =
                EngineFixture.run(engine, greedy("The capital of France is", 5).with(Logprobs.top(4)));
        assertThat(answer.logprobs()).hasSameSizeAs(answer.tokens()).hasSize(5);
        for (int i = 0; i < 5; i++) {
            TokenLogprob logprob = answer.logprobs().get(i);
            assertThat(logprob.token()).isEqualTo(answer.tokens().get(i));
            assertThat(logprob.top()).hasSize(4);
            assertThat(logprob.top().getFirst().token()).isEqualTo(logprob.token());
            assertThat(logprob.top()).isSortedAccordingTo((a, b) -> Double.compare(b.logprob(), a.logprob()));
            assertThat(logprob.top().stream()
                            .mapToDouble(top -> Math.exp(top.logprob()))
                            .sum())
                    .isBetween(0.0, 1.0001);
        }
    }

    @Test
    void logitBiasForbidsAndForces() throws Exception {
        Answer plain = EngineFixture.run(engine, greedy("The capital of France is", 1));
        int token = plain.tokens().getFirst();
        Answer banned = EngineFixture.run(
                engine,
                greedy("The capital of France is", 1)
                        .with(Sampling.builder()
                                .temperature(0)
                                .logitBias(List.of(new LogitBias.OfToken(token, Double.NEGATIVE_INFINITY)))
                                .build()));
        assertThat(banned.tokens()).isNotEmpty().doesNotContain(token);
        Answer forced = EngineFixture.run(
                engine,
                greedy("The capital of France is", 2)
                        .with(Sampling.builder()
                                .temperature(0)
                                .logitBias(List.of(new LogitBias.OfText("zebra", 100)))
                                .build()));
        assertThat(forced.text()).contains("z");
    }

    @Test
    void tokensOutOfRangeAreNamed() {
        int size = engine.model().vocabulary().size();
        for (int id : new int[] {-1, size, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> EngineFixture.run(engine, Generate.of(Prompt.tokens(1, id))))
                    .hasMessageContaining(Integer.toString(id))
                    .hasMessageContaining(Integer.toString(size - 1));
            assertThatThrownBy(() -> engine.ask(new Query.Detokenize(Tokens.of(id), true)))
                    .hasMessageContaining(Integer.toString(id));
        }
    }

    @Test
    void aPromptLongerThanTheContextIsRefused() {
        assertThatThrownBy(() -> EngineFixture.run(engine, greedy("word ".repeat(3000), 1)))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.error()).isInstanceOfSatisfying(EngineError.ContextExceeded.class, error -> {
                            assertThat(error.contextSize()).isEqualTo(2048);
                            assertThat(error.promptTokens()).isGreaterThan(2999);
                        }));
    }

    private static Generate story(int number) {
        return greedy(number + " Tell a very long story.", 1500)
                .with(Sampling.builder().temperature(0).ignoreEos(true).build());
    }

    @Test
    void cancellingFreesTheSlotWhereverTheRequestIs() throws Exception {
        List<Generation> running = new ArrayList<>();
        running.add(engine.submit(story(0)));
        Generation decoding = running.getFirst();
        while (!(decoding.next() instanceof Event.Delta)) {
            assertThat(decoding.ended()).isFalse();
        }
        for (int i = 1; i < 6; i++) {
            running.add(engine.submit(story(i)));
        }
        for (Generation generation : running) {
            generation.cancel();
            assertThat(EngineFixture.collect(generation).getFirst().finished().reason())
                    .isEqualTo(FinishReason.CANCELLED);
        }
        assertThat(EngineFixture.run(engine, greedy("Still there?", 2))
                        .finished()
                        .reason())
                .isEqualTo(FinishReason.LIMIT);
    }

    @Test
    void aDeadlineEndsARequest() {
        Generate late = greedy("Tell a very long story.", 1500)
                .with(Sampling.builder().temperature(0).ignoreEos(true).build())
                .with(new Generate.Schedule(0, "", Optional.of(Duration.ofMillis(100))));
        assertThatThrownBy(() -> EngineFixture.run(engine, late))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.error()).isInstanceOf(EngineError.DeadlineExceeded.class));
    }

    @Test
    void chatStreamsAnAnswerAndRemembers() throws Exception {
        Chat chat = new Chat(engine).sampling(Sampling.greedySampling()).limits(Limits.tokens(24));
        StringBuilder streamed = new StringBuilder();
        String answer = chat.say("What is the capital of France?", streamed::append);
        assertThat(answer).isEqualTo(streamed.toString()).isNotBlank();
        long reused = engine.stats().promptTokensReused();
        chat.say("And of Spain?", text -> {});
        assertThat(engine.stats().promptTokensReused() - reused).isGreaterThan(20);
    }

    @Test
    void tokenizingAndBack() throws Exception {
        Tokens tokens = engine.ask(new Query.Tokenize("Hello, 世界 😀", false, true, false))
                .tokens();
        assertThat(engine.ask(new Query.Detokenize(tokens, true)).text()).isEqualTo("Hello, 世界 😀");
    }

    @Test
    void aFaultOnTheEngineThreadEndsRequestsAndNotTheThread() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        CountDownLatch passedOn = new CountDownLatch(1);
        try (LocalEngine faulty = EngineFixture.open()) {
            Generation running = faulty.submit(greedy("Once upon a time", 64));
            while (!(running.next() instanceof Event.Delta)) {}
            faulty.afterSteps(() -> {
                if (once.compareAndSet(false, true)) {
                    throw new AssertionError("a fault that nobody foresaw");
                }
                passedOn.countDown();
            });
            assertThatThrownBy(() -> EngineFixture.collect(running))
                    .isInstanceOfSatisfying(
                            EngineException.class, e -> assertThat(e.error()).isInstanceOf(EngineError.Internal.class));
            assertThat(passedOn.await(30, TimeUnit.SECONDS))
                    .as("the error is passed on, though nothing else happens")
                    .isTrue();
            assertThat(EngineFixture.run(faulty, greedy("Once upon a time", 4)).tokens())
                    .hasSize(4);
            faulty.checkInvariants();
        }
    }
}
