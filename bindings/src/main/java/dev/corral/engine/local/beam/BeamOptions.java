package dev.corral.engine.local.beam;

import dev.corral.engine.Logprobs;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search.Beams;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.beam.BeamSearch.Option;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.text.Pieces;
import dev.corral.llama.Context;
import dev.corral.llama.ScoreRows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a beam may go on with: the likeliest tokens of its output, after biases and penalties; where the search samples,
 * after temperature, top-k, top-p and min-p as well. All of these change log-probabilities, which are not made to sum up
 * to one again, as Hugging Face's processors have it.
 *
 * <p>At most {@value #MOST} tokens of an output are looked at. Not thread-safe; the engine thread's.
 */
public final class BeamOptions implements AutoCloseable {

    static final int MOST = 1000;

    private static final int ROWS = 32;
    private static final int MIN_KEPT = 2;

    private final Pieces pieces;
    private final ScoreRows rows = new ScoreRows(ROWS, MOST);

    public BeamOptions(Pieces pieces) {
        assert MOST >= Logprobs.TOP.max();
        this.pieces = pieces;
    }

    /**
     * The options after a completion's last token, likeliest first.
     *
     * @param output the index in the batch of that token
     * @param wanted how many at least, as far as there are so many
     * @return empty when the logits are no numbers
     */
    public Optional<List<Option>> of(Completion completion, BeamGroup group, int output, int wanted, Context context) {
        Sampling sampling = completion.request().sampling();
        Map<Integer, Integer> seen = seen(completion, sampling.penalties());
        Map<Integer, Float> biases = group.biases();
        boolean sampled = group.isSampled();
        int changed = biases.size() + seen.size();
        int first = Math.min(MOST, sampled ? MOST : wanted + changed);
        int reported = completion.request().logprobs().top();
        Map<Integer, Double> logprobs = new HashMap<>();
        List<TokenLogprob> top = new ArrayList<>(reported);
        rows.clear();
        rows.add(output, ScoreRows.NO_TOKEN, Math.max(first, reported));
        if (rows.score(context) > 0) {
            return Optional.empty();
        }
        for (int i = 0; i < rows.topCount(0); i++) {
            int token = rows.topToken(0, i);
            logprobs.put(token, rows.topLogprob(0, i));
            if (i < reported) {
                top.add(new TokenLogprob(token, pieces.bytes(token), rows.topLogprob(0, i), List.of()));
            }
        }
        addRaised(logprobs, biases, output, context);
        List<Option> options = new ArrayList<>(logprobs.size());
        logprobs.forEach((token, logprob) -> {
            double score = logprob + biases.getOrDefault(token, 0f);
            score = penalized(score, seen.getOrDefault(token, 0), sampling.penalties());
            options.add(new Option(token, score, logprob, top));
        });
        options.sort(Comparator.comparingDouble(Option::score).reversed().thenComparingInt(Option::token));
        return Optional.of(sampled ? warped(options, sampling) : options.subList(0, Math.min(wanted, options.size())));
    }

    /** Tokens that a bias raises may be options though they are not among the likeliest. */
    private void addRaised(Map<Integer, Double> logprobs, Map<Integer, Float> biases, int output, Context context) {
        List<Integer> raised = biases.entrySet().stream()
                .filter(bias -> bias.getValue() > 0 && !logprobs.containsKey(bias.getKey()))
                .map(Map.Entry::getKey)
                .toList();
        for (int from = 0; from < raised.size(); from += ROWS) {
            List<Integer> some = raised.subList(from, Math.min(raised.size(), from + ROWS));
            rows.clear();
            some.forEach(token -> rows.add(output, token, 0));
            rows.score(context);
            for (int row = 0; row < some.size(); row++) {
                logprobs.put(some.get(row), rows.logprob(row));
            }
        }
    }

    private static Map<Integer, Integer> seen(Completion completion, Sampling.Penalties penalties) {
        Map<Integer, Integer> seen = new HashMap<>();
        boolean neutral = penalties.repeat() == 1 && penalties.frequency() == 0 && penalties.presence() == 0;
        int lookback = penalties.lastN() < 0 ? completion.length() : Math.min(penalties.lastN(), completion.length());
        for (int i = neutral ? completion.length() : completion.length() - lookback; i < completion.length(); i++) {
            seen.merge(completion.tokens()[i], 1, Integer::sum);
        }
        return seen;
    }

    private static double penalized(double score, int times, Sampling.Penalties penalties) {
        if (times == 0) {
            return score;
        }
        double repeated = score < 0 ? score * penalties.repeat() : score / penalties.repeat();
        return repeated - times * penalties.frequency() - penalties.presence();
    }

    /** At least two stay, so that one stays where the other ends the text. */
    private static List<Option> warped(List<Option> options, Sampling sampling) {
        int kept = sampling.topK() > 0 ? Math.clamp(sampling.topK(), MIN_KEPT, MOST) : options.size();
        List<Option> warped = new ArrayList<>(Math.min(kept, options.size()));
        for (Option option : options.subList(0, Math.min(kept, options.size()))) {
            warped.add(new Option(
                    option.token(), option.score() / sampling.temperature(), option.logprob(), option.top()));
        }
        double total = 0;
        for (Option option : warped) {
            total += Math.exp(option.score() - warped.getFirst().score());
        }
        double before = 0;
        int count = 0;
        for (Option option : warped) {
            double relative = Math.exp(option.score() - warped.getFirst().score());
            if (count >= MIN_KEPT && (before >= sampling.topP() * total || relative < sampling.minP())) {
                break;
            }
            before += relative;
            count++;
        }
        return warped.subList(0, count);
    }

    /** Whether a search of these rules draws; at temperature 0 there is nothing to draw. */
    static boolean samples(Beams rules, Sampling sampling) {
        return rules.sampled() && sampling.temperature() > 0;
    }

    @Override
    public void close() {
        rows.close();
    }
}
