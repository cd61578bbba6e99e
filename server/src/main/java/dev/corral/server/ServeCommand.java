package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.commands.Subcommand;
import dev.corral.server.configuration.ConfigurationFile;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.flags.Arguments;
import dev.corral.server.flags.BadFlag;
import dev.corral.server.flags.ForeignFlags;
import dev.corral.server.flags.ServeOptions;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.terminal.Terminal;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
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
        return serve(terminal, command.commandLine().getParseResult());
    }

    private int serve(Terminal terminal, ParseResult commandLine) throws InterruptedException {
        Optional<Path> file = options.configuration();
        if (file.isEmpty() && options.modelsFolder().isEmpty()) {
            return only(terminal, options);
        }
        ConfigurationFile configuration = file.map(ConfigurationFile::read).orElseGet(ConfigurationFile::none);
        Arguments arguments = Arguments.of(commandLine, System.getenv(), configuration);
        ServeOptions server = arguments.server();
        Map<String, ServeOptions> models = arguments.models(
                server.modelsFolder().map(ServedModels::inFolder).orElse(List.of()));
        if (models.isEmpty() && server.modelsFolder().isEmpty()) {
            return only(terminal, server);
        }
        if (server.namesAModel()) {
            throw new BadFlag("--model, --hf-repo, --model-url and --alias are about one model; with several, each is "
                    + "named under 'models' in the configuration file, or is in the folder of --models-dir");
        }
        if (models.isEmpty() && !server.managesModels()) {
            throw new BadFlag("there is no model in " + server.modelsFolder().orElseThrow());
        }
        return several(terminal, server, models, engines -> ServedModels.further(server, arguments, engines, terminal));
    }

    /** One model: one of several that happens to be alone, where it may leave memory. */
    private int only(Terminal terminal, ServeOptions options) throws InterruptedException {
        return options.idleUnload().isEmpty()
                ? one(terminal, options)
                : several(terminal, options, Map.of(options.settleName(), options), _ -> Optional.empty());
    }

    private int several(
            Terminal terminal,
            ServeOptions server,
            Map<String, ServeOptions> models,
            Function<EngineOpener, Optional<SeveralModels.Further>> further)
            throws InterruptedException {
        server.startLog();
        HttpSettings http = server.toHttpSettings();
        Duration grace = server.grace();
        DialectSettings dialects = server.toDialectSettings(http);
        EngineOpener engines = server.inProcess() ? ServeCommand::openHere : opener.ofSeveral();
        List<SeveralModels.Entry> entries = ServedModels.of(models, engines, terminal);
        Listening running;
        try {
            running = SeveralModels.listen(http, entries, further.apply(engines), server.toRoom(), dialects, tracing());
        } catch (IOException e) {
            return cantListen(terminal, http, e);
        }
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(terminal, running, grace, ended), "shutdown"));
        StartupReport report = new StartupReport(terminal.out(), terminal.interactive(), "");
        report.several(
                entries.stream().map(entry -> entry.plan().name()).toList(),
                running.address(),
                http.keys().needed());
        running.otherAddresses().forEach(report::also);
        ended.await();
        return OK;
    }

    private static Optional<Tracing> tracing() {
        try {
            return Tracing.configured(System.getenv());
        } catch (IllegalArgumentException e) {
            throw new BadFlag(String.valueOf(e.getMessage()));
        }
    }

    private static int cantListen(Terminal terminal, HttpSettings http, IOException e) {
        terminal.err().println("corral: can't listen on " + http.host() + ":" + http.port() + ": " + e.getMessage());
        return FAILED;
    }

    private int one(Terminal terminal, ServeOptions options) throws InterruptedException {
        options.startLog();
        HttpSettings http = options.toHttpSettings();
        Duration grace = options.grace();
        options.fetch(terminal);
        LocalEngineOptions engineOptions = options.toEngineOptions();
        DialectSettings dialects = options.toDialectSettings(http);
        options.notes().forEach(note -> terminal.err().println("corral: " + note));
        EngineOpener models = options.inProcess() ? ServeCommand::openHere : opener;
        models.prepare(engineOptions);
        Server server;
        try {
            server = Server.listen(http, options.toDefaults(), options.aliases(), dialects, tracing());
        } catch (IOException e) {
            return cantListen(terminal, http, e);
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
    private static void end(Terminal terminal, Listening server, Duration grace, CountDownLatch ended) {
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
