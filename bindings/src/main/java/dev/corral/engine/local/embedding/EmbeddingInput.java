package dev.corral.engine.local.embedding;

import java.util.List;

/**
 * One input while it is computed. The engine thread's.
 *
 * <p>Invariant: its sequence holds its first {@code computed} tokens, whose rows were pooled.
 */
final class EmbeddingInput {

    private final EmbeddingJob job;
    private final int index;
    private final int[] tokens;
    private final int sequence;
    private final RowPooling rows;
    private int computed;

    EmbeddingInput(EmbeddingJob job, int index, int[] tokens, int sequence, RowPooling rows) {
        this.job = job;
        this.index = index;
        this.tokens = tokens;
        this.sequence = sequence;
        this.rows = rows;
    }

    EmbeddingJob job() {
        return job;
    }

    int sequence() {
        return sequence;
    }

    int length() {
        return tokens.length;
    }

    int token(int position) {
        return tokens[position];
    }

    int computed() {
        return computed;
    }

    int pending() {
        return tokens.length - computed;
    }

    RowPooling rows() {
        return rows;
    }

    void computed(int count) {
        computed += count;
    }

    void finish(List<float[]> vectors) {
        job.finish(index, vectors);
    }
}
