package dev.corral.engine.local.embedding;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Pooling;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The inputs of one question, on their way through the {@link Embedder}. Made by a text thread, then the engine thread's.
 */
final class EmbeddingJob {

    private final List<int[]> inputs;
    private final Pooling pooling;
    private final List<List<float[]>> vectors;
    private final CompletableFuture<List<List<float[]>>> result;
    private int next;
    private int unfinished;

    /**
     * @param inputs tokens, at least one each
     * @param pooling anything but {@link Pooling#MODEL}
     * @param result gets the vectors of every input, as the model gave them; cancelling it gives up the rest
     */
    EmbeddingJob(List<int[]> inputs, Pooling pooling, CompletableFuture<List<List<float[]>>> result) {
        this.inputs = List.copyOf(inputs);
        this.pooling = pooling;
        this.result = result;
        this.vectors = new ArrayList<>(Collections.nCopies(inputs.size(), List.of()));
        this.unfinished = inputs.size();
    }

    Pooling pooling() {
        return pooling;
    }

    /** It is answered, it failed, or nobody waits for it any more. */
    boolean isDone() {
        return result.isDone();
    }

    /** Inputs that nobody has begun. */
    int waiting() {
        return inputs.size() - next;
    }

    /** Tokens of the next input. */
    int nextLength() {
        return inputs.get(next).length;
    }

    /** Begins the next input. */
    EmbeddingInput begin(int sequence, RowPooling rows) {
        int index = next++;
        return new EmbeddingInput(this, index, inputs.get(index), sequence, rows);
    }

    /** Takes the vectors of an input; the last one's complete the result. */
    void finish(int input, List<float[]> computed) {
        vectors.set(input, computed);
        if (--unfinished == 0) {
            result.complete(vectors);
        }
    }

    void fail(EngineError error) {
        result.completeExceptionally(new EngineException(error));
    }
}
