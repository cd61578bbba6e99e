package dev.corral.server.commands;

import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.Sizes;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.terminal.Table;
import dev.corral.server.terminal.Terminal;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what is in the model folder. */
@Command(
        name = "list",
        aliases = "ls",
        mixinStandardHelpOptions = true,
        description = "Lists the models of the model folder: what pull brought, and GGUF files put there by hand.")
final class ListCommand implements Subcommand {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    @Option(
            names = {"-q", "--quiet"},
            description = "Names alone, one a line.")
    boolean quiet;

    @Option(names = "--paths", description = "Show the file of each, too.")
    boolean paths;

    @Override
    public int run(Terminal terminal) {
        ModelFolder folder = ModelFolder.standard(System.getenv());
        List<StoredModel> models = folder.list();
        if (quiet) {
            models.forEach(model -> terminal.out().println(model.name()));
            return OK;
        }
        if (models.isEmpty()) {
            terminal.err().println("There is no model in " + folder.root() + ". Get one: corral pull OWNER/NAME");
            return OK;
        }
        Table table = paths ? Table.of("NAME", "SIZE", "MODIFIED", "FILE") : Table.of("NAME", "SIZE", "MODIFIED");
        for (StoredModel model : models) {
            String size = Sizes.shown(model.bytes());
            String modified = DAY.format(model.modified().atZone(ZoneId.systemDefault()));
            if (paths) {
                table.row(model.name(), size, modified, model.file().toString());
            } else {
                table.row(model.name(), size, modified);
            }
        }
        terminal.out().print(table);
        return OK;
    }
}
