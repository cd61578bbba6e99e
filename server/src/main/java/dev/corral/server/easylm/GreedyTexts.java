package dev.corral.server.easylm;

import dev.corral.engine.Engine;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.server.http.Exchange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Answers {@code /greedy-until}: the likeliest text up to one of some strings. A text that is longer than a sequence goes on
 * in rounds, each of which sees the end of the one before.
 *
 * <p>Used by the request's thread.
 */
record GreedyTexts(
        Exchange exchange, Engine engine, EasyLmSettings settings, Generate.Schedule schedule, String partition) {

    private static final class Greedy {
        private final List<String> until;
        private final StringBuilder text = new StringBuilder();
        private int[] tokens;
        private int generated;
        private boolean done;

        Greedy(int[] prefix, List<String> until) {
            this.tokens = prefix;
            this.until = until;
        }

        void add(Texts.Text round) {
            int before = tokens.length;
            tokens = Arrays.copyOf(tokens, before + round.tokens().length);
            System.arraycopy(round.tokens(), 0, tokens, before, round.tokens().length);
            generated += round.tokens().length;
            text.append(round.text());
            // one of the strings may have begun in the round before
            boolean cut = false;
            for (String end : until) {
                int at = end.isEmpty() ? -1 : text.indexOf(end);
                if (at >= 0) {
                    text.setLength(at);
                    cut = true;
                }
            }
            done = cut
                    || round.reason() == FinishReason.END_OF_TEXT
                    || round.reason() == FinishReason.STOP_STRING
                    || round.tokens().length == 0;
        }
    }

    /** @param most tokens of each text */
    List<String> of(List<String> prefixes, List<List<String>> until, int most) throws InterruptedException {
        EasyLmSettings.Lengths lengths = settings.lengths(engine.model().contextSize());
        TextTokens tokens = new TextTokens(engine, settings.addBosToken());
        List<Greedy> all = new ArrayList<>();
        for (int i = 0; i < prefixes.size(); i++) {
            all.add(new Greedy(tokens.of(settings.affixes().prefix(prefixes.get(i))), until.get(i)));
        }
        List<Greedy> open = all;
        while (!open.isEmpty()) {
            List<Generate> requests = new ArrayList<>();
            for (Greedy text : open) {
                int count = Math.min(lengths.output(), most - text.generated);
                requests.add(Generate.builder(new Prompt.Ids(tokens.prompt(text.tokens, lengths.input())))
                        .sampling(Sampling.greedySampling())
                        .limits(Limits.tokens(count))
                        .stop(text.until)
                        .output(new Generate.Output(true, false))
                        .cache(Generate.Cache.REUSE.in(partition))
                        .schedule(schedule)
                        .build());
            }
            List<Texts.Text> round = Texts.run(exchange, engine, requests, settings.batchSize());
            for (int i = 0; i < open.size(); i++) {
                open.get(i).add(round.get(i));
            }
            open = open.stream()
                    .filter(text -> !text.done && text.generated < most)
                    .toList();
        }
        return all.stream().map(text -> text.text.toString()).toList();
    }
}
