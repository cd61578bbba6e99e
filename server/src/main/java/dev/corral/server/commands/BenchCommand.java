package dev.corral.server.commands;

import dev.corral.engine.Engine;
import dev.corral.engine.Range;
import dev.corral.engine.local.LocalEngine;
import dev.corral.server.terminal.Table;
import dev.corral.server.terminal.Terminal;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures how fast a model is on this machine. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Measures how fast a model reads prompts and generates, alone and for several streams at once.",
        footer = {"", "Example: corral bench model.gguf -p 512 -n 128 --streams 1,4"})
final class BenchCommand implements Subcommand {

    private static final Range TOKENS = Range.of(0, 1 << 20);
    private static final Range REPETITIONS = Range.of(1, 1000);
    private static final Range STREAMS = Range.of(1, 128);
    private static final int STEP = 256;

    @Mixin
    LocalModel model = new LocalModel();

    @Option(
            names = {"-p", "--n-prompt"},
            paramLabel = "N",
            split = ",",
            defaultValue = "512",
            description = "Tokens of a prompt; several with commas, 0 for none (default: ${DEFAULT-VALUE}).")
    List<Integer> prompts = List.of(512);

    @Option(
            names = {"-n", "--n-gen"},
            paramLabel = "N",
            split = ",",
            defaultValue = "128",
            description = "Tokens that are generated; several with commas, 0 for none (default: ${DEFAULT-VALUE}).")
    List<Integer> generated = List.of(128);

    @Option(
            names = "--streams",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,4",
            description = "Requests at once; several with commas (default: ${DEFAULT-VALUE}).")
    List<Integer> streams = List.of(1, 4);

    @Option(
            names = {"-r", "--repetitions"},
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each is measured (default: ${DEFAULT-VALUE}).")
    int repetitions = 3;

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        prompts.forEach(count -> TOKENS.check("n-prompt", count));
        generated.forEach(count -> TOKENS.check("n-gen", count));
        streams.forEach(count -> STREAMS.check("streams", count));
        REPETITIONS.check("repetitions", repetitions);
        int most = streams.stream().mapToInt(Integer::intValue).max().orElse(1);
        int longest = prompts.stream().mapToInt(Integer::intValue).max().orElse(0)
                + generated.stream().mapToInt(Integer::intValue).max().orElse(0);
        int context = Math.ceilDiv(longest + 1, STEP) * STEP * most;
        try (LocalEngine engine = model.open(
                terminal,
                options -> options.slots(most)
                        .contextSize(Math.max(context, model.engine.contextSize()))
                        .cacheRamMiB(0))) {
            terminal.out()
                    .println(
                            engine.model().description() + ", " + engine.model().engine());
            Table table = Table.of("TEST", "STREAMS", "TOKENS/S", "A STREAM", "±");
            for (int count : streams) {
                for (int tokens : prompts) {
                    measure(terminal, table, "pp" + tokens, Throughput.ofPrompts(tokens), count, engine);
                }
                for (int tokens : generated) {
                    measure(terminal, table, "tg" + tokens, Throughput.ofGeneration(tokens), count, engine);
                }
            }
            terminal.out().print(table);
            return OK;
        }
    }

    private void measure(Terminal terminal, Table table, String name, Throughput test, int count, Engine engine)
            throws InterruptedException {
        if (test.tokens() == 0) {
            return;
        }
        if (terminal.interactive()) {
            terminal.err().print("\r" + name + ", " + count + " at once\u001B[K");
            terminal.err().flush();
        }
        Throughput.Rate rate = test.measure(engine, count, repetitions);
        if (terminal.interactive()) {
            terminal.err().print("\r\u001B[K");
        }
        table.row(
                name,
                Integer.toString(count),
                number(rate.mean()),
                number(rate.mean() / count),
                number(rate.deviation()));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
