package dev.corral.server.hub;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A model in the model folder.
 *
 * @param name what a person calls it: {@code OWNER/NAME:QUANT} when it came from a repository, else its file's name
 * @param files all its parts, the first first
 * @param projector what lets it see or hear
 * @param bytes of its parts
 */
public record StoredModel(String name, List<Path> files, Optional<Path> projector, long bytes, Instant modified) {

    public StoredModel {
        files = List.copyOf(files);
    }

    /** The file that is loaded. */
    public Path file() {
        return files.getFirst();
    }

    /** Where it came from, where that is known. */
    public Optional<Origin> origin() {
        return Origin.of(file());
    }
}
