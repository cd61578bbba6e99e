package dev.corral.server;

import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.commands.Subcommand;
import dev.corral.server.commands.Subcommands;
import dev.corral.server.configuration.ConfigurationException;
import dev.corral.server.flags.BadFlag;
import dev.corral.server.flags.FlagSyntax;
import dev.corral.server.flags.NearestName;
import dev.corral.server.terminal.Terminal;
import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line.
 *
 * <p>Exit codes: 0 when it ended as asked, 1 when it could not start or go on, 2 when the command line is wrong.
 */
@Command(
        name = "corral",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "llama.cpp for the JVM.",
        footer = {"", "A flag in place of a command means serve.", "", "Example: corral serve -m model.gguf"})
public final class Main {

    private final Terminal terminal;
    private final EngineOpener opener;

    Main(Terminal terminal, EngineOpener opener) {
        this.terminal = terminal;
        this.opener = opener;
    }

    public static void main(String[] args) {
        Console console = System.console();
        WorkerOpener opener = new WorkerOpener();
        if (wantsAWorker(Subcommands.words(args))) {
            opener.start();
        }
        boolean interactive = console != null && console.isTerminal();
        Main main = new Main(new Terminal(System.in, System.out, System.err, interactive), opener);
        System.exit(main.run(args));
    }

    /** A guess, before the command line is really read: the worker starts meanwhile. */
    private static boolean wantsAWorker(List<String> words) {
        return !words.isEmpty()
                && words.getFirst().equals(Subcommands.SERVE)
                && Collections.disjoint(words, List.of("--in-process", "--help", "-h", "--version"));
    }

    /** Does what the command line asks, and returns the exit code. */
    int run(String... args) {
        List<String> words = Subcommands.words(args);
        CommandLine corral = new CommandLine(this);
        Subcommands commands = new Subcommands(() -> new ServeCommand(opener));
        commands.of(words).forEach(corral::addSubcommand);
        FlagSyntax.of(corral);
        Optional.ofNullable(corral.getSubcommands().get(Subcommands.SERVE))
                .ifPresent(serve -> serve.setUnmatchedArgumentsAllowed(true));
        corral.setOut(printer(terminal.out())).setErr(printer(terminal.err())).setUsageHelpAutoWidth(true);
        try {
            ParseResult parsed = corral.parseArgs(words.toArray(String[]::new));
            if (CommandLine.printHelpIfRequested(parsed)) {
                return Subcommand.OK;
            }
            if (!parsed.hasSubcommand()) {
                corral.usage(terminal.err());
                return Subcommand.USAGE;
            }
            Subcommand command = parsed.subcommand().commandSpec().commandLine().getCommand();
            return command.run(terminal);
        } catch (ParameterException e) {
            return misread(e);
        } catch (BadFlag | ConfigurationException e) {
            return usageError(e.getMessage());
        } catch (InvalidRequestException e) {
            return usageError(
                    e.error() instanceof EngineError.Invalid(String field, String value, String rule)
                            ? "--" + field + " " + rule + ", but is " + value
                            : e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Subcommand.FAILED;
        } catch (RuntimeException e) {
            say(e.getMessage() == null ? e.toString() : e.getMessage());
            System.getLogger("dev.corral.server").log(System.Logger.Level.DEBUG, "the command failed", e);
            return Subcommand.FAILED;
        }
    }

    private int misread(ParameterException e) {
        CommandLine command = e.getCommandLine();
        if (e instanceof UnmatchedArgumentException unmatched) {
            String unknown = unmatched.getUnmatched().getFirst();
            say("there is no " + (unknown.startsWith("-") ? "flag " : "command ") + unknown);
            NearestName.to(unknown, names(command))
                    .ifPresent(name -> terminal.err().println("Did you mean " + name + "?"));
        } else {
            say(e.getMessage());
        }
        terminal.err()
                .println("See: corral" + (command.getParent() == null ? "" : " " + command.getCommandName())
                        + " --help");
        return Subcommand.USAGE;
    }

    private static List<String> names(CommandLine command) {
        List<String> names = new ArrayList<>(command.getSubcommands().keySet());
        command.getCommandSpec().options().forEach(option -> names.addAll(List.of(option.names())));
        return names;
    }

    private int usageError(@Nullable String message) {
        say(message);
        return Subcommand.USAGE;
    }

    private void say(@Nullable String message) {
        terminal.err().println("corral: " + message);
    }

    private static PrintWriter printer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    /** Names the build. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"corral " + (version == null ? "development" : version)};
        }
    }
}
