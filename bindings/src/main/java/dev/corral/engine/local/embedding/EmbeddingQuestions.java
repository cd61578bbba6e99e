package dev.corral.engine.local.embedding;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.text.PromptTokens;
import dev.corral.engine.local.text.TextThreads;
import dev.corral.llama.Vocabulary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Answers questions for vectors and scores: a text thread makes tokens, the engine thread's {@link Embedder} computes,
 * and the asking thread waits. Interrupting it gives up what is not computed yet.
 *
 * <p>Thread-safe.
 */
public final class EmbeddingQuestions {

    /** Numbers that an answer may have. */
    private static final long MOST_NUMBERS = 1L << 23;

    private final ModelInfo info;
    private final EmbeddingTraits traits;
    private final PromptTokens tokens;
    private final RerankPrompt pairs;
    private final TextThreads text;
    private final Executor engineThread;
    private final Embedder embedder;
    private final int queueLimit;
    private final AtomicInteger unanswered = new AtomicInteger();

    /** @param queueLimit how many questions may wait before others are refused */
    public EmbeddingQuestions(
            ModelInfo info,
            EmbeddingTraits traits,
            Vocabulary vocabulary,
            Embedder embedder,
            TextThreads text,
            Executor engineThread,
            int queueLimit) {
        this.info = info;
        this.traits = traits;
        this.tokens = new PromptTokens(vocabulary);
        this.pairs = new RerankPrompt(vocabulary, info.metadata());
        this.embedder = embedder;
        this.text = text;
        this.engineThread = engineThread;
        this.queueLimit = queueLimit;
    }

    public Reply.Embeddings embed(Query.Embed query) throws InterruptedException {
        Pooling pooling = pooling(query);
        int length = query.dimensions().orElse(width(pooling));
        if (length > width(pooling)) {
            throw new InvalidRequestException(
                    "dimensions", Integer.toString(length), "must be between 1 and " + width(pooling));
        }
        int norm = pooling == Pooling.NONE || pooling == Pooling.RANK ? -1 : query.normalize();
        Computed computed = compute(pooling, () -> inputs(query.inputs(), pooling));
        List<Reply.Embedding> embeddings = new ArrayList<>();
        for (int i = 0; i < computed.vectors().size(); i++) {
            List<float[]> vectors = computed.vectors().get(i).stream()
                    .map(vector -> VectorNorm.normalized(vector, length, norm))
                    .toList();
            embeddings.add(new Reply.Embedding(vectors, computed.inputs().get(i).length));
        }
        return new Reply.Embeddings(embeddings, pooling);
    }

    private int width(Pooling pooling) {
        return pooling == Pooling.RANK ? embedder.scoresWidth() : info.embeddingSize();
    }

    private Pooling pooling(Query.Embed query) {
        if (query.pooling() == Pooling.RANK && !traits.ranks()) {
            throw unsupported("'" + info.name() + "' is no reranker: it has no scores");
        }
        if (query.pooling() == Pooling.MODEL && traits.pooling() == Pooling.RANK) {
            throw unsupported("'" + info.name() + "' is a reranker: it scores documents for a query, and makes vectors"
                    + " only where a request asks for another pooling");
        }
        return query.pooling() == Pooling.MODEL ? traits.pooling() : query.pooling();
    }

    public Reply.Ranking rerank(Query.Rerank query) throws InterruptedException {
        if (!traits.ranks()) {
            throw unsupported("'" + info.name() + "' is no reranker: it can't score documents");
        }
        Computed computed = compute(Pooling.RANK, () -> pairs(query));
        List<Reply.Score> scores = new ArrayList<>();
        for (int i = 0; i < computed.vectors().size(); i++) {
            float score = computed.vectors().get(i).getFirst()[0];
            scores.add(new Reply.Score(score, computed.inputs().get(i).length));
        }
        return new Reply.Ranking(scores);
    }

    private static EngineException unsupported(String message) {
        return new EngineException(new EngineError.Unsupported(message));
    }

    private List<int[]> inputs(List<Prompt> prompts, Pooling pooling) {
        List<int[]> inputs = new ArrayList<>(prompts.size());
        long numbers = 0;
        for (int i = 0; i < prompts.size(); i++) {
            String field = prompts.size() == 1 ? "input" : "input[" + i + "]";
            int[] input = tokens.of(field, prompts.get(i));
            check(field, input);
            inputs.add(input);
            numbers += (long) info.embeddingSize() * (pooling == Pooling.NONE ? input.length : 1);
        }
        if (numbers > MOST_NUMBERS) {
            throw new InvalidRequestException(
                    "input", numbers + " numbers", "must lead to at most " + MOST_NUMBERS + " numbers in one answer");
        }
        return inputs;
    }

    private List<int[]> pairs(Query.Rerank query) {
        List<int[]> made = new ArrayList<>(query.documents().size());
        for (int i = 0; i < query.documents().size(); i++) {
            int[] pair = pairs.tokens(query.query(), query.documents().get(i));
            check("documents[" + i + "]", pair);
            made.add(pair);
        }
        return made;
    }

    private void check(String field, int[] input) {
        if (input.length == 0) {
            throw new InvalidRequestException(field, "empty", "must have at least one token");
        }
        if (input.length > traits.limit()) {
            throw new EngineException(new EngineError.InputTooLong(field, input.length, traits.limit()));
        }
    }

    /** What was computed, input by input. */
    private record Computed(List<int[]> inputs, List<List<float[]>> vectors) {}

    private Computed compute(Pooling pooling, Supplier<List<int[]>> prepare) throws InterruptedException {
        int before = unanswered.getAndIncrement();
        CompletableFuture<List<List<float[]>>> result = new CompletableFuture<>();
        try {
            if (before > queueLimit) {
                throw new EngineException(new EngineError.Busy(before, Duration.ofSeconds(1)));
            }
            List<int[]> inputs = text.call(() -> {
                List<int[]> prepared = text.timed(prepare);
                EmbeddingJob job = new EmbeddingJob(prepared, pooling, result);
                engineThread.execute(() -> embedder.add(job));
                return prepared;
            });
            return new Computed(inputs, finite(result.get()));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (CancellationException e) {
            throw new IllegalStateException("nobody but the asking thread cancels", e);
        } finally {
            unanswered.decrementAndGet();
            if (result.cancel(false)) {
                engineThread.execute(embedder::sweep);
            }
        }
    }

    private static List<List<float[]>> finite(List<List<float[]>> computed) {
        for (List<float[]> vectors : computed) {
            for (float[] vector : vectors) {
                for (float number : vector) {
                    if (!Float.isFinite(number)) {
                        throw new EngineException(
                                new EngineError.Internal("the model made a vector that is not of finite numbers"));
                    }
                }
            }
        }
        return computed;
    }
}
