package dev.corral.server.commands;

import dev.corral.engine.local.LocalEngine;
import dev.corral.server.flags.PenaltyFlags;
import dev.corral.server.flags.RareSamplingFlags;
import dev.corral.server.flags.SamplingFlags;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.terminal.ChatLoop;
import dev.corral.server.terminal.Dialogue;
import dev.corral.server.terminal.Lines;
import dev.corral.server.terminal.PipedLines;
import dev.corral.server.terminal.Terminal;
import dev.corral.server.terminal.TypedLines;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Talks to a model in the terminal. */
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Talks to a model in the terminal; where lines are piped in, answers each.",
        footer = {"", "Example: corral chat model.gguf --system 'Answer in one sentence.'"})
final class ChatCommand implements Subcommand {

    @Mixin
    LocalModel model = new LocalModel();

    @Option(
            names = {"-sys", "--system"},
            paramLabel = "TEXT",
            description = "Instructions for the model.")
    @Nullable
    String system;

    @ArgGroup(validate = false, heading = "%nSampling%n")
    SamplingFlags sampling = new SamplingFlags();

    @ArgGroup(validate = false, heading = "%nPenalties%n")
    PenaltyFlags penalties = new PenaltyFlags();

    @ArgGroup(validate = false, heading = "%nFurther samplers%n")
    RareSamplingFlags rareSampling = new RareSamplingFlags();

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        try (LocalEngine engine = model.openForOne(terminal);
                Lines lines = lines(terminal)) {
            Dialogue dialogue = new Dialogue(engine, sampling.toSampling(penalties, rareSampling), sampling.toLimits());
            Optional.ofNullable(system).ifPresent(dialogue::system);
            if (terminal.interactive()) {
                terminal.err()
                        .println(engine.model().name() + ", context "
                                + engine.model().contextSize() + " tokens. /help shows what there is, Ctrl-D ends.");
            }
            new ChatLoop(dialogue, lines, terminal.out(), terminal.err()).run();
            return OK;
        }
    }

    private static Lines lines(Terminal terminal) {
        Path history = ModelFolder.standard(System.getenv()).root().resolveSibling("chat-history");
        return terminal.interactive() ? new TypedLines(history, ChatLoop.COMMANDS) : new PipedLines(terminal.in());
    }
}
