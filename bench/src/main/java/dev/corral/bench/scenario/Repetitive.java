package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Words;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.measure.Series;
import dev.corral.bench.measure.Turns;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Text that repeats what the prompt says, and text that does not: what speculation by lookup gains, and what it costs. */
final class Repetitive implements Scenario {

    private static final String UNIT = "tok/s";
    private static final String TYPE = "--spec-type";

    private static final String CODE = """
            def total_price(items, tax_rate):
                \"""Sum the prices of all %1$s and add the tax.\"""
                total = 0
                for item in items:
                    if item.quantity > 0:
                        total += item.price * item.quantity
                    else:
                        print("skipped %2$s", item.name)
                return total * (1 + tax_rate)


            def print_report(orders, tax_rate):
                for number, order in enumerate(orders):
                    price = total_price(order.items, tax_rate)
                    print(number, order.customer, price)
                    if price > order.limit:
                        print("%3$s over the limit of", order.customer)
                return len(orders)
            """;

    @Override
    public String name() {
        return "repetitive";
    }

    @Override
    public String title() {
        return "one stream that quotes code of its prompt";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int tokens = bench.effort().of(160, 24);
        ServerSetup setup = ServerSetup.context(8192);
        try (Peer llama = bench.llamaServer(setup);
                Peer lookup = bench.llamaServer(setup.with(TYPE, "ngram-simple"));
                Peer plain = bench.corral(setup);
                Peer corral = bench.corral(setup.with(TYPE, "ngram-simple"))) {
            speed(plain, copy(-1, tokens / 4));
            speed(corral, copy(-1, tokens / 4));
            Map<String, Samples> copied = new Turns()
                    .add("llama-server", round -> speed(llama, copy(round, tokens)))
                    .add("llama-server, lookup", round -> speed(lookup, copy(round, tokens)))
                    .add("corral, plain", round -> speed(plain, copy(round, tokens)))
                    .add("corral", round -> speed(corral, copy(round, tokens)))
                    .run(bench.effort().rounds());
            Map<String, Samples> novel = new Turns()
                    .add("corral, plain", round -> speed(plain, novel(round, tokens)))
                    .add("corral", round -> speed(corral, novel(round, tokens)))
                    .run(bench.effort().rounds() + bench.effort().of(2, 0));
            return List.of(copies(copied), novels(novel));
        }
    }

    private Row copies(Map<String, Samples> speeds) {
        double plain = median(speeds, "corral, plain");
        double corral = median(speeds, "corral");
        Row row = Row.of(title())
                .llamaServer("%s; with lookup %s"
                        .formatted(
                                Figure.of(median(speeds, "llama-server"), UNIT),
                                Figure.of(median(speeds, "llama-server, lookup"), UNIT)))
                .limit("without speculation: " + Figure.of(plain, UNIT))
                .corral(Figure.of(corral, UNIT))
                .check(Check.atLeast(1.5, "of plain", corral / plain));
        return withSeries(row, speeds);
    }

    private static Row novels(Map<String, Samples> speeds) {
        double plain = median(speeds, "corral, plain");
        double corral = median(speeds, "corral");
        Row row = Row.of("the same with text that does not repeat")
                .limit("without speculation: " + Figure.of(plain, UNIT))
                .corral(Figure.of(corral, UNIT))
                .check(Check.atLeast(0.98, "of plain", corral / plain));
        return withSeries(row, speeds);
    }

    private static double median(Map<String, Samples> speeds, String contender) {
        return Objects.requireNonNull(speeds.get(contender)).median();
    }

    private static Row withSeries(Row row, Map<String, Samples> speeds) {
        Row all = row;
        for (Map.Entry<String, Samples> entry : speeds.entrySet()) {
            all = all.series(Series.of(entry.getKey(), UNIT, entry.getValue()));
        }
        return all;
    }

    private static Completion copy(int round, int tokens) {
        String[] names = Words.of(4, "copy", round).split(" ");
        String code = CODE.formatted(names[1], names[2], names[3]);
        String file = "File %s:\n```python\n" + code + "```\n\n";
        StringBuilder prompt = new StringBuilder();
        for (String name : List.of("a.py", "b.py, the same", "c.py, the same")) {
            prompt.append(file.replace("%s", name));
        }
        return Completion.of(prompt + "File d.py, the same:\n```python\n", tokens);
    }

    private static Completion novel(int round, int tokens) {
        return Completion.of(Words.of(30, "novel", round), tokens).sampled(round);
    }

    private static double speed(Peer peer, Completion request) throws IOException {
        return peer.target().stream(request).require().generationSpeed();
    }
}
