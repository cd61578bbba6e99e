package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.LocalEngineOptions;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code corral serve}: from the command line to the signal that ends the server. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        sortSynopsis = false,
        abbreviateSynopsis = true,
        description = "Serves a model over HTTP, in the dialects of llama.cpp, OpenAI, Anthropic, Ollama, "
                + "Chinese-LLaMA-Alpaca, Petals and EasyLM.",
        optionListHeading = "%n",
        footer = {
            "",
            "A flag's LLAMA_ARG_* variable, as llama-server has it, holds where the flag is not given.",
            "",
            "Example: corral serve -m model.gguf -c 8192 -np 8"
        })
final class ServeCommand implements Subcommand {

    /** How long a server may take to end beside what running requests are given. */
    private static final Duration LAST_STEPS = Duration.ofSeconds(15);

    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin
    ServeOptions options = new ServeOptions();

    private final EngineOpener opener;

    /** @param opener loads the model, unless it is to run in this process */
    ServeCommand(EngineOpener opener) {
        this.opener = opener;
    }

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        CommandSpec command = Objects.requireNonNull(spec);
        List<String> unknown =
                ForeignFlags.unknown(command.commandLine().getParseResult().unmatched());
        if (!unknown.isEmpty()) {
            throw new UnmatchedArgumentException(command.commandLine(), unknown);
        }
        ForeignFlags.unread(System.getenv().keySet(), command)
                .forEach(remark -> terminal.err().println("corral: " + remark));
        return serve(terminal);
    }

    private int serve(Terminal terminal) throws InterruptedException {
        options.log.apply();
        HttpSettings http = options.http.toSettings();
        Duration grace = options.http.grace();
        options.fetch(terminal);
        LocalEngineOptions engineOptions = options.toEngineOptions();
        DialectSettings dialects = options.toDialectSettings(http);
        options.alpaca.notes().forEach(note -> terminal.err().println("corral: " + note));
        EngineOpener models = options.engine.inProcess ? ServeCommand::openHere : opener;
        models.prepare(engineOptions);
        Server server;
        try {
            server = Server.listen(http, options.toDefaults(), options.aliases(), dialects);
        } catch (IOException e) {
            terminal.err()
                    .println("corral: can't listen on " + http.host() + ":" + http.port() + ": " + e.getMessage());
            return FAILED;
        }
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> end(terminal, server, grace, ended), "shutdown");
        Runtime.getRuntime().addShutdownHook(onSignal);
        StartupReport report = new StartupReport(terminal.out(), terminal.interactive(), engineOptions.name());
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
            terminal.err().println("corral: " + engineOptions.model() + " can't be served: " + e.getMessage());
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
    private static void end(Terminal terminal, Server server, Duration grace, CountDownLatch ended) {
        EndSignals.endAtOnce();
        EndSignals.endAfter(grace.plus(LAST_STEPS), FAILED);
        terminal.out().println("Ending: requests that run may finish");
        terminal.out().flush();
        int code = OK;
        try {
            if (!server.shutDown(grace)) {
                terminal.out().println("Ended before every request was finished");
            }
        } catch (InterruptedException | RuntimeException e) {
            terminal.err().println("corral: " + e);
            code = FAILED;
        }
        ended.countDown();
        terminal.out().flush();
        Runtime.getRuntime().halt(code);
    }
}
