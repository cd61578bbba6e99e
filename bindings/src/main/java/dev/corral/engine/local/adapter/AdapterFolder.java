package dev.corral.engine.local.adapter;

import dev.corral.engine.local.options.AdapterOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of adapters, {@code NAME.gguf} each. A name can't lead out of it: it has no separators, and links are not
 * followed. Thread-safe.
 */
final class AdapterFolder {

    private static final String ENDING = ".gguf";

    private final Path folder;

    /** @throws UncheckedIOException when there is no such folder */
    AdapterFolder(Path folder) {
        this.folder = folder;
        names();
    }

    /** The adapter of a name; empty where there is none, and for what can't be a name. */
    Optional<AdapterOptions.File> find(String name) {
        if (!AdapterOptions.NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        Path file = folder.resolve(name + ENDING);
        return isAdapter(file) ? Optional.of(new AdapterOptions.File(name, file, 1)) : Optional.empty();
    }

    /** The names of all adapters in it. */
    List<String> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(AdapterFolder::isAdapter)
                    .map(file -> String.valueOf(file.getFileName()))
                    .map(file -> file.substring(0, file.length() - ENDING.length()))
                    .filter(name -> AdapterOptions.NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the folder of adapters can't be read", e);
        }
    }

    private static boolean isAdapter(Path file) {
        return String.valueOf(file.getFileName()).endsWith(ENDING)
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }
}
