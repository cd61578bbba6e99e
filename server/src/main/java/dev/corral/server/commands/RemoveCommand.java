package dev.corral.server.commands;

import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.Sizes;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes models from the model folder. */
@Command(
        name = "rm",
        mixinStandardHelpOptions = true,
        description = "Removes models from the model folder, with all their parts.")
final class RemoveCommand implements Subcommand {

    @Parameters(arity = "1..*", paramLabel = "MODEL", description = "A name, as corral list shows it.")
    List<String> names = new ArrayList<>();

    @Override
    public int run(Terminal terminal) {
        ModelFolder folder = ModelFolder.standard(System.getenv());
        List<StoredModel> models =
                names.stream().map(folder::require).distinct().toList();
        for (StoredModel model : models) {
            long freed = folder.remove(model);
            terminal.out().println("Removed " + model.name() + ", " + Sizes.shown(freed));
        }
        return OK;
    }
}
