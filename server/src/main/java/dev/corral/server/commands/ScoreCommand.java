package dev.corral.server.commands;

import dev.corral.engine.Generate;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.local.LocalEngine;
import dev.corral.server.flags.BadFlag;
import dev.corral.server.terminal.Table;
import dev.corral.server.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how likely texts are. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Says how likely continuations are after a text, or how well a model foretells a file.",
        footer = {
            "",
            "Examples: corral score model.gguf 'The capital of France is' ' Paris' ' Rome'",
            "          corral score model.gguf --file book.txt"
        })
final class ScoreCommand implements Subcommand {

    @Mixin
    LocalModel model = new LocalModel();

    @Parameters(
            index = "1..*",
            paramLabel = "TEXT",
            description = "The text that comes before, then each continuation, with its blank in front.")
    List<String> texts = new ArrayList<>();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "Score this file, window by window, and tell its perplexity.")
    @Nullable
    Path file;

    @Option(
            names = "--window",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tokens of a window; 0 for the whole context (default: ${DEFAULT-VALUE}).")
    int window;

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        if (file == null && texts.size() < 2) {
            throw new BadFlag("what is scored? Give a text and at least one continuation, or --file");
        }
        try (LocalEngine engine = model.openForOne(terminal)) {
            terminal.out().print(file == null ? continuations(engine) : perplexity(engine, file));
            return OK;
        }
    }

    private Table continuations(LocalEngine engine) throws InterruptedException {
        List<Prompt> each = texts.stream()
                .skip(1)
                .<Prompt>map(text -> new Prompt.Text(text, false, false))
                .toList();
        Query.Score.Item item = new Query.Score.Item(new Prompt.Text(texts.getFirst(), true, false), each);
        List<Likelihood> scored = engine.ask(Query.Score.of(item)).items().getFirst();
        Table table = Table.of("LOGPROB", "A TOKEN", "TOKENS", "GREEDY", "TEXT");
        for (int i = 0; i < scored.size(); i++) {
            Likelihood likelihood = scored.get(i);
            int tokens = likelihood.tokens().size();
            table.row(
                    number(likelihood.logLikelihood()),
                    number(likelihood.logLikelihood() / Math.max(1, tokens)),
                    Integer.toString(tokens),
                    likelihood.greedy() ? "yes" : "no",
                    Quoted.of(texts.get(i + 1)));
        }
        return table;
    }

    private Table perplexity(LocalEngine engine, Path text) throws InterruptedException {
        Likelihood likelihood = engine.ask(new Query.ScoreRolling(
                        List.of(new Prompt.Text(read(text), false, false)), window, Generate.Schedule.NORMAL))
                .texts()
                .getFirst();
        int tokens = likelihood.tokens().size();
        return Table.of("tokens", Integer.toString(tokens))
                .row("logprob", number(likelihood.logLikelihood()))
                .row("perplexity", number(Math.exp(-likelihood.logLikelihood() / Math.max(1, tokens))));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be read: " + e.getMessage(), e);
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
