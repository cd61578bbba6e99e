package dev.corral.server.commands;

import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.LocalEngine;
import dev.corral.server.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows which tokens a text has. */
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Shows which tokens a text has for a model: the number and text of each.",
        footer = {"", "Example: corral tokenize model.gguf 'Hello, world!'"})
final class TokenizeCommand implements Subcommand {

    private static final int LITTLE_CONTEXT = 512;

    @Mixin
    LocalModel model = new LocalModel();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "TEXT",
            description = "The text; without one, what is piped in.")
    @Nullable
    String text;

    @Option(names = "--ids", description = "Numbers alone, in a line.")
    boolean ids;

    @Option(names = "--count", description = "How many there are, alone.")
    boolean count;

    @Option(names = "--no-bos", description = "Don't add what the model begins texts with.")
    boolean plain;

    @Option(names = "--no-parse-special", description = "Read names of control tokens as text.")
    boolean literal;

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        String read = text == null ? piped(terminal) : text;
        try (LocalEngine engine = model.open(
                terminal,
                options -> options.contextSize(LITTLE_CONTEXT).slots(1).warmUp(false))) {
            Reply.Tokenized tokens = engine.ask(new Query.Tokenize(read, !plain, !literal, true));
            if (count) {
                terminal.out().println(tokens.tokens().size());
            } else if (ids) {
                terminal.out()
                        .println(tokens.tokens().stream()
                                .mapToObj(String::valueOf)
                                .collect(Collectors.joining(" ")));
            } else {
                for (int i = 0; i < tokens.tokens().size(); i++) {
                    String piece = new String(tokens.pieces().get(i), StandardCharsets.UTF_8);
                    terminal.out().printf("%6d  %s%n", tokens.tokens().get(i), Quoted.of(piece));
                }
            }
            return OK;
        }
    }

    private static String piped(Terminal terminal) {
        try {
            return new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("what is piped in can't be read", e);
        }
    }
}
