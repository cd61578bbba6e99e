package dev.corral.server.commands;

import dev.corral.server.flags.HubFlags;
import dev.corral.server.hub.HubException;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.ModelReference;
import dev.corral.server.hub.Pull;
import dev.corral.server.terminal.ProgressBar;
import dev.corral.server.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings models into the model folder. */
@Command(
        name = "pull",
        mixinStandardHelpOptions = true,
        description =
                "Downloads models: from the hub with all parts and the projector, or from any address. What broke off "
                        + "goes on where it stopped.",
        footer = {
            "",
            "Prints the path of each model.",
            "",
            "Examples: corral pull OWNER/NAME:Q4_K_M",
            "          corral pull https://example.com/model.gguf"
        })
final class PullCommand implements Subcommand {

    @Parameters(
            arity = "1..*",
            paramLabel = "MODEL",
            description = "OWNER/NAME of the hub, with :QUANT behind it where Q4_K_M is not meant, or the address of a "
                    + "GGUF file.")
    List<String> models = new ArrayList<>();

    @Option(names = "--file", paramLabel = "FILE", description = "Which file of the repository, in place of QUANT.")
    @Nullable
    String file;

    @Option(
            names = "--revision",
            paramLabel = "NAME",
            defaultValue = ModelReference.NEWEST,
            description = "Branch, tag or commit of the repository (default: ${DEFAULT-VALUE}).")
    String revision = ModelReference.NEWEST;

    @Option(
            names = "--mmproj",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Get the projector, too, by which the model sees or hears (default: yes).")
    boolean projector = true;

    @ArgGroup(validate = false)
    HubFlags hub = new HubFlags();

    @Override
    public int run(Terminal terminal) throws InterruptedException {
        ProgressBar bar = new ProgressBar(terminal);
        ModelFolder folder = ModelFolder.standard(System.getenv());
        try (Pull pull = new Pull(folder, hub.toSettings(), bar)) {
            for (String model : models) {
                terminal.out().println(pull.get(reference(model), projector).file());
            }
            return OK;
        } catch (HubException e) {
            bar.endLine();
            throw e;
        }
    }

    private ModelReference reference(String model) {
        ModelReference reference = ModelReference.parse(model);
        if (reference instanceof ModelReference.OfRepository of) {
            ModelReference.OfRepository at = of.at(revision);
            return file == null ? at : at.withFile(file);
        }
        return reference;
    }
}
