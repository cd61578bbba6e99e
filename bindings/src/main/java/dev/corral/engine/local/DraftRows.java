package dev.corral.engine.local;

import dev.corral.engine.local.completion.Completion;
import dev.corral.llama.Context;
import dev.corral.llama.SamplingRows;

/**
 * The rows of a step, by completion. One that checks a draft has a row for each token of it and one more: they are
 * sampled in turn, by the same chain and grammar, until one gives another token than was drafted. What would follow that
 * one is never sampled, so chain and grammar have seen just the tokens that become output.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class DraftRows {

    private final SamplingRows rows;
    private final Completion[] completions;
    private final int[] outputs;
    private final int[] firstDrafted;
    private final int[] counts;
    private int size;

    /**
     * @param rows with room for one a completion, and for all drafted tokens
     * @param capacity the most completions
     */
    DraftRows(SamplingRows rows, int capacity) {
        this.rows = rows;
        this.completions = new Completion[capacity];
        this.outputs = new int[capacity];
        this.firstDrafted = new int[capacity];
        this.counts = new int[capacity];
    }

    void clear() {
        rows.clear();
        size = 0;
    }

    /** @param output the index of its newest token in the batch; its draft follows there */
    void add(Completion completion, int output) {
        completions[size] = completion;
        outputs[size] = output;
        size++;
        addRow(completion, output);
    }

    private int addRow(Completion completion, int output) {
        return rows.add(
                completion.chain(),
                completion.grammar(),
                output,
                completion.topLogprobs(),
                completion.request().logprobs().postSampling());
    }

    /** Samples everybody's first row together, then the rest of each draft as far as it holds. */
    void sample(Context context) {
        rows.sample(context);
        for (int i = 0; i < size; i++) {
            firstDrafted[i] = rows.size();
            counts[i] = 1 + follow(i, context);
        }
    }

    /** How many rows follow the first one of a completion. */
    private int follow(int index, Context context) {
        Completion completion = completions[index];
        int followed = 0;
        int row = index;
        while (followed < completion.drafted()
                && !rows.failed(row)
                && rows.token(row) == completion.tokens()[completion.length() + followed]) {
            followed++;
            row = addRow(completion, outputs[index] + followed);
            rows.sample(context, row, 1);
        }
        return followed;
    }

    /** Rows that were sampled for a completion. */
    int count(int index) {
        return counts[index];
    }

    /** Its {@code nth} row, from 0. */
    int row(int index, int nth) {
        return nth == 0 ? index : firstDrafted[index] + nth - 1;
    }
}
