package dev.corral.engine.local.score;

import dev.corral.engine.Logprobs;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.TokenScores;
import dev.corral.engine.local.completion.TokenScores.Target;
import dev.corral.engine.local.schedule.Plan;
import dev.corral.engine.local.text.Pieces;
import dev.corral.llama.Context;
import dev.corral.llama.ScoreRows;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores given tokens by the outputs of a decoded plan. Logits stay where they are: what comes to Java is a number a
 * token, and the likeliest tokens where they were asked for.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class PromptScorer implements AutoCloseable {

    /** Outputs of one step take at most so much of llama.cpp's buffer. */
    private static final long OUTPUT_BYTES = 64L << 20;

    private static final int MIN_OUTPUTS = 16;
    private static final int ROWS = 64;

    private final Pieces pieces;
    private final ScoreRows rows = new ScoreRows(ROWS, (int) Logprobs.TOP.max());

    public PromptScorer(Pieces pieces) {
        this.pieces = pieces;
    }

    /** Outputs of given tokens that one step may compute. */
    public static int outputsPerStep(int vocabularySize) {
        return (int) Math.max(MIN_OUTPUTS, OUTPUT_BYTES / ((long) vocabularySize * Float.BYTES));
    }

    /**
     * Scores what the plan's outputs can say.
     *
     * @return completions whose logits are no numbers
     */
    public List<Completion> score(Plan plan, Context context) {
        List<Completion> failed = List.of();
        int output = 0;
        for (int i = 0; i < plan.size(); i++) {
            Completion completion = plan.completion(i);
            int from = completion.sequence().length();
            if (!score(completion.prompt().scores(), output - from, from + plan.count(i), context)) {
                failed = failed.isEmpty() ? new ArrayList<>() : failed;
                failed.add(completion);
            }
            output += plan.count(i);
        }
        return failed;
    }

    /** @param offset from a position to its index in the batch */
    private boolean score(TokenScores scores, int offset, int end, Context context) {
        while (scores.hasNextBefore(end, 0)) {
            rows.clear();
            while (!rows.isFull() && scores.hasNextBefore(end, rows.size())) {
                Target target = scores.next(rows.size());
                rows.add(target.position() + offset, target.token(), scores.top());
            }
            if (rows.score(context) > 0) {
                return false;
            }
            for (int row = 0; row < rows.size(); row++) {
                Target target = scores.next(row);
                target.score(rows.logprob(row), rows.likeliest(row) == target.token(), top(row));
            }
            scores.advance(rows.size());
        }
        return true;
    }

    private List<TokenLogprob> top(int row) {
        int count = rows.topCount(row);
        if (count == 0) {
            return List.of();
        }
        List<TokenLogprob> top = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int token = rows.topToken(row, i);
            top.add(new TokenLogprob(token, pieces.bytes(token), rows.topLogprob(row, i), List.of()));
        }
        return top;
    }

    @Override
    public void close() {
        rows.close();
    }
}
