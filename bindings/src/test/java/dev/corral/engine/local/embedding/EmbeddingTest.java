package dev.corral.engine.local.embedding;

import static dev.corral.engine.local.TinyEngines.alone;
import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.Capability;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.Model;
import dev.corral.testing.Greedy;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of every kind of model, compared with llama.cpp's own pooling and with the rows of single tokens. */
class EmbeddingTest {

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house by the river ";

    enum Kind {
        BERT,
        RERANKER,
        T5_ENCODER,
        LLAMA,
        SLIDING_WINDOW,
        MULTI_AXIS,
        LATENT_ATTENTION,
        MAMBA,
        HYBRID,
        CONVOLUTION;

        Path write(Path folder) {
            return switch (this) {
                case BERT -> TinyModels.bert(folder);
                case RERANKER -> TinyModels.reranker(folder);
                case T5_ENCODER -> TinyModels.t5Encoder(folder);
                case LLAMA -> TinyModels.llama(folder);
                case SLIDING_WINDOW -> TinyModels.slidingWindow(folder);
                case MULTI_AXIS -> TinyModels.multiAxis(folder);
                case LATENT_ATTENTION -> TinyModels.latentAttention(folder);
                case MAMBA -> TinyModels.mamba(folder);
                case HYBRID -> TinyModels.hybrid(folder);
                case CONVOLUTION -> TinyModels.convolution(folder);
            };
        }
    }

    @TempDir
    Path folder;

    private LocalEngine open(Kind kind) {
        return open(kind, options -> options);
    }

    private LocalEngine open(Kind kind, UnaryOperator<LocalEngineOptionsBuilder> change) {
        return TinyEngines.open(kind.write(folder), change);
    }

    private static Query.Embed embed(Pooling pooling, String... texts) {
        return Query.Embed.of(List.of(texts).stream().map(Prompt::text).toList())
                .with(pooling)
                .normalizedBy(-1);
    }

    private static float[] vector(LocalEngine engine, Pooling pooling, String text) throws InterruptedException {
        return engine.ask(embed(pooling, text))
                .embeddings()
                .getFirst()
                .vectors()
                .getFirst();
    }

    private static List<float[]> rows(LocalEngine engine, String text) throws InterruptedException {
        return engine.ask(embed(Pooling.NONE, text)).embeddings().getFirst().vectors();
    }

    private static String[] texts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "number " + i + " " + STORY.substring(0, 1 + i * 13 % 68))
                .toArray(String[]::new);
    }

    /** Equal to a ten thousandth of their length. */
    private static void assertSame(float[] actual, float[] expected, String what) {
        double squares = 0;
        for (float number : expected) {
            squares += number * number;
        }
        assertThat(actual).as(what).containsExactly(expected, within((float) (1e-4 * Math.max(1, Math.sqrt(squares)))));
    }

    private static EngineError error(LocalEngine engine, Query<?> query) {
        try {
            engine.ask(query);
            throw new AssertionError("answered");
        } catch (EngineException e) {
            return e.error();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** One input, whole, by llama.cpp's own pooling, in a context that does nothing else. */
    private static float[] byLlamaCpp(Model model, int[] tokens, dev.corral.llama.Pooling pooling) {
        try (Context context = model.newContext(Greedy.options()
                        .microBatchSize(512)
                        .embeddings(true)
                        .pooling(pooling)
                        .build());
                Batch batch = new Batch(tokens.length)) {
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, 0, true);
            }
            assertThat(model.hasEncoder() ? context.encode(batch) : context.decode(batch))
                    .isEqualTo(DecodeResult.DECODED);
            float[] vector = new float[model.outputEmbeddingSize()];
            context.sequenceEmbeddings(0, vector);
            return vector;
        }
    }

    @ParameterizedTest
    @EnumSource
    void poolingIsLlamaCpps(Kind kind) throws Exception {
        String text = STORY.repeat(6);
        List<float[]> ours = new ArrayList<>();
        // a few tokens at a time: nothing is lost where a text is cut
        try (LocalEngine engine = open(kind, options -> options.microBatchSize(24))) {
            for (Pooling pooling : List.of(Pooling.MEAN, Pooling.CLS, Pooling.LAST)) {
                ours.add(vector(engine, pooling, text));
            }
            engine.checkInvariants();
        }
        try (Model model = Model.open(kind.write(folder))) {
            int[] tokens = model.vocabulary().tokenize(text, true, true);
            assertSame(ours.get(0), byLlamaCpp(model, tokens, dev.corral.llama.Pooling.MEAN), "mean");
            assertSame(ours.get(1), byLlamaCpp(model, tokens, dev.corral.llama.Pooling.CLS), "cls");
            assertSame(ours.get(2), byLlamaCpp(model, tokens, dev.corral.llama.Pooling.LAST), "last");
        }
    }

    @ParameterizedTest
    @EnumSource
    void poolingIsMadeOfRows(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            List<float[]> rows = rows(engine, STORY);
            int tokens = engine.ask(embed(Pooling.NONE, STORY)).tokens();
            assertThat(rows).hasSize(tokens);
            float[] mean = new float[64];
            for (int i = 0; i < mean.length; i++) {
                for (float[] row : rows) {
                    mean[i] += row[i] / rows.size();
                }
            }
            assertSame(vector(engine, Pooling.MEAN, STORY), mean, "mean");
            assertSame(vector(engine, Pooling.CLS, STORY), rows.getFirst(), "cls");
            assertSame(vector(engine, Pooling.LAST, STORY), rows.getLast(), "last");
        }
    }

    @ParameterizedTest
    @EnumSource
    void inputsTogetherAreWhatEachIsAlone(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind, options -> options.microBatchSize(100))) {
            String[] texts = texts(60);
            List<Reply.Embedding> together =
                    engine.ask(embed(Pooling.MEAN, texts)).embeddings();
            assertThat(together).hasSize(texts.length);
            for (int i = 0; i < texts.length; i++) {
                assertSame(together.get(i).vectors().getFirst(), vector(engine, Pooling.MEAN, texts[i]), texts[i]);
            }
            engine.checkInvariants();
        }
    }

    @Test
    void aModelsOwnPoolingIsKnown() throws Exception {
        try (LocalEngine bert = open(Kind.BERT);
                LocalEngine llama = open(Kind.LLAMA)) {
            for (LocalEngine engine : List.of(bert, llama)) {
                Reply.Embeddings reply = engine.ask(Query.Embed.of(List.of(Prompt.text(STORY))));
                assertThat(reply.pooling()).isEqualTo(Pooling.MEAN);
                float[] expected = VectorNorm.normalized(vector(engine, Pooling.MEAN, STORY), 64, 2);
                assertSame(reply.embeddings().getFirst().vectors().getFirst(), expected, "normalized");
            }
        }
        try (LocalEngine engine = open(Kind.BERT, options -> options.pooling(Pooling.CLS))) {
            assertSame(vector(engine, Pooling.MODEL, STORY), rows(engine, STORY).getFirst(), "as the options say");
        }
    }

    @Test
    void dimensionsAreCutBeforeNormalizing() throws Exception {
        try (LocalEngine engine = open(Kind.BERT)) {
            List<Prompt> input = List.of(Prompt.text(STORY));
            float[] cut = engine.ask(new Query.Embed(input, Pooling.MEAN, 2, OptionalInt.of(10)))
                    .embeddings()
                    .getFirst()
                    .vectors()
                    .getFirst();
            assertSame(cut, VectorNorm.normalized(vector(engine, Pooling.MEAN, STORY), 10, 2), "cut");
        }
    }

    @Test
    void modelsSayWhatTheyCan() {
        try (LocalEngine bert = open(Kind.BERT);
                LocalEngine reranker = open(Kind.RERANKER);
                LocalEngine llama = open(Kind.LLAMA)) {
            assertThat(bert.model().capabilities()).containsExactly(Capability.EMBED);
            assertThat(bert.model().embedding().maxTokens()).isEqualTo(512);
            assertThat(reranker.model().capabilities()).containsExactlyInAnyOrder(Capability.EMBED, Capability.RERANK);
            assertThat(reranker.model().embedding().pooling()).isEqualTo(Pooling.RANK);
            assertThat(llama.model().capabilities()).containsExactlyInAnyOrder(Capability.GENERATE, Capability.EMBED);
            assertThatThrownBy(() -> bert.submit(greedy(STORY, 3)))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.error()).isInstanceOf(EngineError.Unsupported.class));
            assertThat(error(llama, new Query.Rerank("a", List.of("b")))).isInstanceOf(EngineError.Unsupported.class);
            assertThat(error(llama, embed(Pooling.RANK, "a"))).isInstanceOf(EngineError.Unsupported.class);
            assertThat(error(reranker, embed(Pooling.MODEL, "a"))).isInstanceOf(EngineError.Unsupported.class);
        }
    }

    @Test
    void aModelWithEncoderAndDecoderIsRefused() {
        assertThatThrownBy(() -> LocalEngine.open(TinyModels.t5(folder)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("both an encoder and a decoder");
    }

    @Test
    void aRerankerScoresPairs() throws Exception {
        List<String> documents = List.of("a wall of stone", "the king and his garden", "", STORY);
        Reply.Ranking ranking;
        float[] scores;
        try (LocalEngine engine = open(Kind.RERANKER)) {
            ranking = engine.ask(new Query.Rerank("a reef", documents));
            scores = vector(engine, Pooling.RANK, "a reef is a wall of stone");
            engine.checkInvariants();
        }
        assertThat(ranking.scores()).hasSize(4);
        try (Greedy reranker = Greedy.encoder(TinyModels.reranker(folder))) {
            assertSame(scores, reranker.embedding("a reef is a wall of stone", 1), "score of a text");
            for (int i = 0; i < documents.size(); i++) {
                int[] query = reranker.vocabulary().tokenize("a reef", false, false);
                int[] document = reranker.vocabulary().tokenize(documents.get(i), false, false);
                int bos = reranker.vocabulary().bos().orElseThrow();
                int sep = reranker.vocabulary().sep().orElseThrow();
                IntStream.Builder pair = IntStream.builder();
                pair.add(bos);
                IntStream.of(query).forEach(pair);
                pair.add(sep);
                IntStream.of(document).forEach(pair);
                int[] tokens = pair.build().toArray();
                assertThat(ranking.scores().get(i).tokens()).isEqualTo(tokens.length);
                assertThat(ranking.scores().get(i).value())
                        .as(documents.get(i))
                        .isCloseTo(score(reranker, tokens), within(1e-4));
            }
        }
    }

    private static double score(Greedy reranker, int[] tokens) {
        float[] score = new float[1];
        try (Batch batch = new Batch(tokens.length)) {
            for (int i = 0; i < tokens.length; i++) {
                batch.add(tokens[i], i, 0, true);
            }
            reranker.context().encode(batch);
        }
        reranker.context().sequenceEmbeddings(0, score);
        return score[0];
    }

    @ParameterizedTest
    @EnumSource(names = {"BERT", "LLAMA"})
    void aRequestMayHaveManyInputs(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            String[] texts = texts(500);
            Reply.Embeddings reply = engine.ask(embed(Pooling.MEAN, texts));
            assertThat(reply.embeddings()).hasSize(500);
            engine.checkInvariants();
            assertThat(engine.stats().embedding().tokens()).isEqualTo(reply.tokens());
            assertThat(engine.stats().embedding().steps()).isLessThan(500);
            assertSame(
                    reply.embeddings().get(499).vectors().getFirst(),
                    vector(engine, Pooling.MEAN, texts[499]),
                    "the last");
        }
    }

    @Test
    void questionsOfManyShareBatches() throws Exception {
        try (LocalEngine engine = open(Kind.BERT);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            String[] texts = texts(40);
            List<Future<Reply.Embeddings>> answers = new ArrayList<>();
            for (String text : texts) {
                answers.add(callers.submit(() -> engine.ask(embed(Pooling.MEAN, text))));
            }
            for (int i = 0; i < texts.length; i++) {
                assertSame(
                        answers.get(i).get().embeddings().getFirst().vectors().getFirst(),
                        vector(engine, Pooling.MEAN, texts[i]),
                        texts[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BERT", "RERANKER", "T5_ENCODER", "LLAMA"})
    void inputsThatCannotBeAreExplained(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            int limit = engine.model().embedding().maxTokens();
            int[] ids = new int[limit + 1];
            assertThat(error(
                            engine,
                            Query.Embed.of(List.of(Prompt.text("a"), Prompt.tokens(ids)))
                                    .with(Pooling.LAST)))
                    .isEqualTo(new EngineError.InputTooLong("input[1]", limit + 1, limit));
            assertThat(error(engine, Query.Embed.of(List.of(Prompt.tokens())).with(Pooling.LAST)))
                    .isInstanceOfSatisfying(
                            EngineError.Invalid.class,
                            e -> assertThat(e.field()).isEqualTo("input"));
            assertThat(error(engine, Query.Embed.of(List.of(Prompt.tokens(-1))).with(Pooling.LAST)))
                    .isInstanceOf(EngineError.Invalid.class);
            Query.Embed tooWide = new Query.Embed(List.of(Prompt.text("a")), Pooling.MEAN, 2, OptionalInt.of(65));
            assertThat(error(engine, tooWide).message()).contains("between 1 and 64");
            ids = new int[limit];
            assertThat(engine.ask(Query.Embed.of(List.of(Prompt.tokens(ids))).with(Pooling.LAST))
                            .tokens())
                    .isEqualTo(limit);
            if (kind == Kind.RERANKER) {
                String longDocument = "reef ".repeat(limit);
                assertThat(error(engine, new Query.Rerank("a", List.of("b", longDocument))))
                        .isInstanceOfSatisfying(
                                EngineError.InputTooLong.class,
                                e -> assertThat(e.field()).isEqualTo("documents[1]"));
            }
            engine.checkInvariants();
        }
    }

    @Test
    void aStreamGoesOnBesideThem() throws Exception {
        try (LocalEngine engine = open(Kind.LLAMA, options -> options.stepTargetMillis(1))) {
            Generate request = greedy("once", 400)
                    .with(Sampling.builder().temperature(0).ignoreEos(true).build());
            String expected = alone(engine, request);
            String[] texts = texts(40);
            List<Reply.Embedding> undisturbed =
                    engine.ask(embed(Pooling.MEAN, texts)).embeddings();
            try (Generation stream = engine.submit(request)) {
                while (engine.stats().running() == 0) {
                    Thread.sleep(1);
                }
                EngineStats before = engine.stats();
                List<Reply.Embedding> beside =
                        engine.ask(embed(Pooling.MEAN, texts)).embeddings();
                EngineStats after = engine.stats();
                assertThat(after.running()).as("still streaming").isOne();
                assertThat(after.embedding().steps() - before.embedding().steps())
                        .as("at most one batch between two steps of the stream")
                        .isBetween(2L, after.steps() - before.steps() + 1);
                for (int i = 0; i < texts.length; i++) {
                    assertSame(
                            beside.get(i).vectors().getFirst(),
                            undisturbed.get(i).vectors().getFirst(),
                            texts[i]);
                }
                assertThat(EngineFixture.collect(stream).getFirst().text()).isEqualTo(expected);
            }
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BERT", "LLAMA"})
    void anInterruptedQuestionIsGivenUp(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind, options -> options.microBatchSize(16))) {
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            Thread asking = Thread.ofVirtual().start(() -> {
                try {
                    engine.ask(embed(Pooling.MEAN, texts(2000)));
                    interrupted.complete(false);
                } catch (InterruptedException e) {
                    interrupted.complete(true);
                }
            });
            while (engine.stats().embedding().steps() < 3) {
                Thread.sleep(1);
            }
            asking.interrupt();
            assertThat(interrupted.get()).isTrue();
            while (engine.stats().embedding().waiting() > 0) {
                Thread.sleep(1);
            }
            engine.checkInvariants();
            assertThat(vector(engine, Pooling.MEAN, STORY)).hasSize(64);
        }
    }

    @Test
    void closingEndsQuestions() throws Exception {
        LocalEngine engine = open(Kind.LLAMA, options -> options.microBatchSize(16));
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EngineError> answer = callers.submit(() -> error(engine, embed(Pooling.MEAN, texts(2000))));
            while (engine.stats().embedding().steps() < 3) {
                Thread.sleep(1);
            }
            engine.close();
            assertThat(answer.get()).isInstanceOf(EngineError.Closed.class);
        }
    }
}
