package dev.corral.server;

import dev.corral.engine.local.model.MemoryNeed;
import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.gguf.GgufException;
import dev.corral.server.configuration.ConfigurationFile;
import dev.corral.server.configuration.Setting;
import dev.corral.server.flags.Arguments;
import dev.corral.server.flags.BadFlag;
import dev.corral.server.flags.ServeOptions;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.model.ModelLoader;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.terminal.Terminal;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns the flags of several models into what a server of them needs. */
final class ServedModels {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");
    private static final Path PULLED = Path.of("pulled");

    private ServedModels() {}

    /** @throws BadFlag when there is none */
    static ModelFolder folder(Path named) {
        boolean pulled = named.equals(PULLED) && !Files.isDirectory(named);
        if (!pulled && !Files.isDirectory(named)) {
            throw new BadFlag("--models-dir must be a folder, but there is none at " + named);
        }
        return pulled ? ModelFolder.standard(System.getenv()) : new ModelFolder(named);
    }

    /** Models of a folder by the names that {@code corral list} gives them. */
    static List<ConfigurationFile.Model> inFolder(Path named) {
        return folder(named).list().stream().map(ServedModels::settings).toList();
    }

    private static ConfigurationFile.Model settings(StoredModel model) {
        List<Setting> settings = new ArrayList<>(
                List.of(new Setting("model", List.of(model.file().toString()), 0)));
        model.projector().ifPresent(file -> settings.add(new Setting("mmproj", List.of(file.toString()), 0)));
        return new ConfigurationFile.Model(model.name(), settings, 0);
    }

    /** Models that clients may let come into the folder that is served; empty where they may not. */
    static Optional<SeveralModels.Further> further(
            ServeOptions server, Arguments arguments, EngineOpener engines, Terminal terminal) {
        if (!server.managesModels()) {
            return Optional.empty();
        }
        Path named = server.modelsFolder().orElseThrow();
        HubModels hub = new HubModels(
                folder(named),
                server.hub(),
                stored -> plan(stored.name(), arguments.model(settings(stored)), engines, terminal));
        return Optional.of(new SeveralModels.Further(hub, server.toDefaults()));
    }

    /**
     * What each model is, and how it is loaded.
     *
     * @throws BadFlag when two have one name, or one can't be as it is described
     */
    static List<SeveralModels.Entry> of(Map<String, ServeOptions> models, EngineOpener engines, Terminal terminal) {
        Set<String> taken = new HashSet<>();
        List<SeveralModels.Entry> entries = new ArrayList<>();
        models.forEach((name, options) -> {
            for (String called : options.names()) {
                if (!taken.add(called)) {
                    throw new BadFlag("two models are called '" + called + "'");
                }
            }
            entries.add(new SeveralModels.Entry(plan(name, options, engines, terminal), options.toDefaults()));
        });
        return entries;
    }

    private static ModelPlan plan(String name, ServeOptions options, EngineOpener engines, Terminal terminal) {
        // a file that is there is judged now, one that is to be downloaded when it has come
        Optional<LocalEngineOptions> known =
                options.isDownloaded() ? Optional.empty() : Optional.of(options.toEngineOptions());
        ModelLoader loader = progress -> {
            options.fetch(terminal);
            return engines.open(options.toEngineOptions(), progress);
        };
        return new ModelPlan(
                name,
                options.aliases(),
                known.map(LocalEngineOptions::adapters).map(AdapterOptions::files).orElse(List.of()).stream()
                        .map(AdapterOptions.File::name)
                        .toList(),
                known.map(LocalEngineOptions::model).map(Path::toString).orElse(""),
                loader,
                known.map(ServedModels::bytes).orElse(0L),
                options.toResidence());
    }

    /** What a model takes; nothing, as far as is known, where its file is damaged, which loading it will tell. */
    private static long bytes(LocalEngineOptions options) {
        try {
            return MemoryNeed.of(options).total();
        } catch (GgufException e) {
            LOG.log(Level.WARNING, "{0} can''t be loaded: {1}", options.name(), e.getMessage());
            return 0;
        }
    }
}
