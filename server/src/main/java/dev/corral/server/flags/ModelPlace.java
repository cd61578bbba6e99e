package dev.corral.server.flags;

import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.StoredModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where a model is that a person names: a file, or a name of the model folder. */
public final class ModelPlace {

    private ModelPlace() {}

    /** @throws BadFlag when there is neither */
    public static Path of(Path named) {
        if (Files.isRegularFile(named)) {
            return named;
        }
        return stored(named)
                .map(StoredModel::file)
                .orElseThrow(() -> new BadFlag("there is no model file " + named
                        + ", nor a model of that name in the model folder (corral list)"));
    }

    /** The projector that belongs to a model of the model folder. */
    static Optional<Path> projectorOf(Path named) {
        return Files.isRegularFile(named) ? Optional.empty() : stored(named).flatMap(StoredModel::projector);
    }

    private static Optional<StoredModel> stored(Path named) {
        return ModelFolder.standard(System.getenv()).find(named.toString());
    }
}
