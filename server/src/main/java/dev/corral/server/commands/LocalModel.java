package dev.corral.server.commands;

import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.flags.EngineFlags;
import dev.corral.server.flags.ModelFlags;
import dev.corral.server.log.Logging;
import dev.corral.server.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A model that a command runs in its own process. */
final class LocalModel {

    private static final int WARNINGS = 1;
    private static final int DETAILS = 4;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A GGUF file, or a name as corral list shows it.")
    @Nullable
    Path model;

    @ArgGroup(validate = false, heading = "%nModel%n")
    ModelFlags flags = new ModelFlags();

    @ArgGroup(validate = false, heading = "%nEngine%n")
    EngineFlags engine = new EngineFlags();

    @Option(
            names = {"-v", "--verbose"},
            description = "Log details, llama.cpp's own among them.")
    boolean verbose;

    /** Loads it, with the whole context for one who asks, where nobody said otherwise; the caller closes it. */
    LocalEngine openForOne(Terminal terminal) {
        return open(terminal, options -> engine.leavesSlotsOpen() ? options.slots(1) : options);
    }

    /**
     * Loads it; the caller closes it.
     *
     * @param further what the command wants of it
     */
    LocalEngine open(Terminal terminal, UnaryOperator<LocalEngineOptionsBuilder> further) {
        try {
            Logging.configure(verbose ? DETAILS : WARNINGS, Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LocalEngineOptions options = further.apply(engine.applyTo(flags.toOptions(Optional.ofNullable(model))))
                .build();
        boolean shown = terminal.interactive();
        LocalEngine open = LocalEngine.open(options, done -> {
            if (shown) {
                terminal.err().printf("\rLoading %s: %d %%", options.name(), (int) (100 * done));
                terminal.err().flush();
            }
        });
        if (shown) {
            terminal.err().print("\r\u001B[K");
        }
        return open;
    }
}
