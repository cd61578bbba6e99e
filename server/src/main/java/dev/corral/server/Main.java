package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.LocalEngineOptions;
import dev.corral.server.http.HttpSettings;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.DoubleConsumer;
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
        footer = {"", "Example: corral serve -m model.gguf"})
public final class Main {

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    /** How long a server may take to end beside what running requests are given. */
    private static final Duration LAST_STEPS = Duration.ofSeconds(15);

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private final EngineOpener opener;

    Main(PrintStream out, PrintStream err, boolean terminal, EngineOpener opener) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
        this.opener = opener;
    }

    public static void main(String[] args) {
        Console console = System.console();
        WorkerOpener opener = new WorkerOpener();
        if (wantsAWorker(args)) {
            opener.start();
        }
        Main main = new Main(System.out, System.err, console != null && console.isTerminal(), opener);
        System.exit(main.run(args));
    }

    /** A guess, before the command line is really read: the worker starts meanwhile. */
    private static boolean wantsAWorker(String[] args) {
        List<String> flags = Arrays.stream(args).map(Main::dashed).toList();
        return flags.contains("serve")
                && Collections.disjoint(flags, List.of("--in-process", "--help", "-h", "--version"));
    }

    /** Does what the command line asks, and returns the exit code. */
    int run(String... args) {
        ServeOptions options = new ServeOptions();
        CommandLine corral = new CommandLine(this).setPosixClusteredShortOptionsAllowed(false);
        CommandLine serve = new CommandLine(options).setPosixClusteredShortOptionsAllowed(false);
        corral.addSubcommand(serve);
        corral.registerConverter(Boolean.class, new SwitchWord());
        corral.registerConverter(boolean.class, new SwitchWord());
        serve.setUnmatchedArgumentsAllowed(true);
        corral.setOut(printer(out)).setErr(printer(err)).setUsageHelpAutoWidth(true);
        try {
            ParseResult parsed =
                    corral.parseArgs(Arrays.stream(args).map(Main::dashed).toArray(String[]::new));
            if (CommandLine.printHelpIfRequested(parsed)) {
                return OK;
            }
            if (!parsed.hasSubcommand()) {
                corral.usage(err);
                return USAGE;
            }
            List<String> unknown = ForeignFlags.unknown(serve.getUnmatchedArguments());
            if (!unknown.isEmpty()) {
                throw new UnmatchedArgumentException(serve, unknown);
            }
            ForeignFlags.unread(System.getenv().keySet(), serve.getCommandSpec())
                    .forEach(remark -> err.println("corral: " + remark));
            return serve(options);
        } catch (ParameterException e) {
            return misread(e);
        } catch (BadFlag e) {
            return usageError(e.getMessage());
        } catch (InvalidRequestException e) {
            return usageError(
                    e.error() instanceof EngineError.Invalid(String field, String value, String rule)
                            ? "--" + field + " " + rule + ", but is " + value
                            : e.getMessage());
        }
    }

    private int serve(ServeOptions options) {
        options.log.apply();
        HttpSettings http = options.http.toSettings();
        Duration grace = options.http.grace();
        LocalEngineOptions engineOptions = options.toEngineOptions();
        DialectSettings dialects = options.toDialectSettings(http);
        options.alpaca.notes().forEach(note -> err.println("corral: " + note));
        EngineOpener models = options.engine.inProcess ? Main::openHere : opener;
        models.prepare(engineOptions);
        Server server;
        try {
            server = Server.listen(http, options.toDefaults(), options.aliases(), dialects);
        } catch (IOException e) {
            err.println("corral: can't listen on " + http.host() + ":" + http.port() + ": " + e.getMessage());
            return FAILED;
        }
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> end(server, grace, ended), "shutdown");
        Runtime.getRuntime().addShutdownHook(onSignal);
        StartupReport report = new StartupReport(out, terminal, engineOptions.name());
        report.loading(server.address());
        try {
            Engine engine = models.open(engineOptions, report::progress);
            server.serve(engine);
            report.ready(engine.model(), server.address(), http.keys().needed());
            server.otherAddresses().forEach(report::also);
            ended.await();
            return OK;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Runtime.getRuntime().removeShutdownHook(onSignal);
            server.close();
            return FAILED;
        } catch (RuntimeException e) {
            report.endLine();
            err.println("corral: " + engineOptions.model() + " can't be served: " + e.getMessage());
            System.getLogger("dev.corral.server").log(System.Logger.Level.DEBUG, "could not start", e);
            Runtime.getRuntime().removeShutdownHook(onSignal);
            server.close();
            return FAILED;
        }
    }

    /** In this process, where a thread that hangs can only be left alone. */
    private static Engine openHere(LocalEngineOptions options, DoubleConsumer progress) {
        LocalEngine engine = LocalEngine.open(options, progress);
        engine.abandonTextAfter(LocalEngine.TEXT_LIMIT);
        return engine;
    }

    /** Runs as a signal's hook, whose own exit code would be the signal's; ending as asked is a success. */
    private void end(Server server, Duration grace, CountDownLatch ended) {
        EndSignals.endAtOnce();
        EndSignals.endAfter(grace.plus(LAST_STEPS), FAILED);
        out.println("Ending: requests that run may finish");
        out.flush();
        int code = OK;
        try {
            if (!server.shutDown(grace)) {
                out.println("Ended before every request was finished");
            }
        } catch (InterruptedException | RuntimeException e) {
            err.println("corral: " + e);
            code = FAILED;
        }
        ended.countDown();
        out.flush();
        Runtime.getRuntime().halt(code);
    }

    private int misread(ParameterException e) {
        CommandLine command = e.getCommandLine();
        if (e instanceof UnmatchedArgumentException unmatched) {
            String unknown = unmatched.getUnmatched().getFirst();
            err.println("corral: there is no " + (unknown.startsWith("-") ? "flag " : "command ") + unknown);
            NearestName.to(unknown, names(command)).ifPresent(name -> err.println("Did you mean " + name + "?"));
        } else {
            err.println("corral: " + e.getMessage());
        }
        err.println("See: corral" + (command.getParent() == null ? "" : " " + command.getCommandName()) + " --help");
        return USAGE;
    }

    private static List<String> names(CommandLine command) {
        List<String> names = new ArrayList<>(command.getSubcommands().keySet());
        command.getCommandSpec().options().forEach(option -> names.addAll(List.of(option.names())));
        return names;
    }

    private int usageError(@Nullable String message) {
        err.println("corral: " + message);
        return USAGE;
    }

    /** llama-server takes {@code --ctx_size} for {@code --ctx-size}. */
    private static String dashed(String argument) {
        if (!argument.startsWith("--")) {
            return argument;
        }
        int equals = argument.indexOf('=');
        String name = equals < 0 ? argument : argument.substring(0, equals);
        return name.replace('_', '-') + (equals < 0 ? "" : argument.substring(equals));
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
