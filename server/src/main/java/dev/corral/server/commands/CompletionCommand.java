package dev.corral.server.commands;

import dev.corral.server.terminal.Terminal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the script by which bash and zsh complete {@code corral}'s commands, flags and values. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = "Prints a script by which bash and zsh complete commands and flags.",
        footer = {"", "Example: source <(corral completion)"})
final class CompletionCommand implements Subcommand {

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public int run(Terminal terminal) {
        CommandSpec corral = Objects.requireNonNull(spec).root();
        terminal.out().println(AutoComplete.bash("corral", corral.commandLine()));
        return OK;
    }
}
