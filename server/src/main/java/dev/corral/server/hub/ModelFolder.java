package dev.corral.server.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of models: {@code OWNER/NAME/FILE} for those of repositories, {@code FILE} for others. What is in it is read anew
 * each time, so models may be put there by hand.
 *
 * @param root need not exist
 */
public record ModelFolder(Path root) {

    private static final int DEEPEST = 6;
    private static final int REPOSITORY_DEPTH = 3;

    /** {@code models} in {@code CORRAL_CACHE}, or in {@code ~/.cache/corral}. */
    public static ModelFolder standard(Map<String, String> environment) {
        String cache = environment.getOrDefault("CORRAL_CACHE", "");
        Path folder =
                cache.isEmpty() ? Path.of(System.getProperty("user.home", "."), ".cache", "corral") : Path.of(cache);
        return new ModelFolder(folder.resolve("models"));
    }

    Path of(RepositoryName repository) {
        return root.resolve(repository.owner()).resolve(repository.name());
    }

    /** Every model that is whole, by name. */
    public List<StoredModel> list() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> files =
                Files.find(root, DEEPEST, (path, attributes) -> !attributes.isDirectory() && isModel(relative(path)))) {
            return files.filter(Files::isRegularFile)
                    .flatMap(first -> stored(first).stream())
                    .sorted(Comparator.comparing(StoredModel::name))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(root + " can't be read", e);
        }
    }

    /**
     * The model of a name. {@code OWNER/NAME} alone is enough where there is one model of that repository.
     *
     * @throws HubException when there is none, or more than one
     */
    public StoredModel require(String name) {
        List<StoredModel> all = list();
        List<StoredModel> found = matching(name, all);
        if (found.size() == 1) {
            return found.getFirst();
        }
        String names =
                (found.isEmpty() ? all : found).stream().map(StoredModel::name).collect(Collectors.joining("\n  "));
        throw new HubException(
                found.isEmpty()
                        ? "there is no model '" + name + "' in " + root
                                + (all.isEmpty() ? ", nor any other" : "; there is\n  " + names)
                        : "'" + name + "' may be any of\n  " + names);
    }

    /** The model of a name; empty when there is none, or more than one. */
    public Optional<StoredModel> find(String name) {
        List<StoredModel> found = matching(name, list());
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    private static List<StoredModel> matching(String name, List<StoredModel> all) {
        List<StoredModel> exact = all.stream()
                .filter(model -> model.name().equalsIgnoreCase(name))
                .toList();
        if (!exact.isEmpty()) {
            return exact;
        }
        return all.stream()
                .filter(model -> model.name().regionMatches(true, 0, name + ":", 0, name.length() + 1)
                        || ModelFile.baseName(model.file().toString()).equals(name))
                .toList();
    }

    /**
     * Removes a model's files, its projector where no other model is beside it, and folders that are empty then.
     *
     * @return bytes that were freed
     */
    public long remove(StoredModel model) {
        List<Path> gone = new ArrayList<>(model.files());
        boolean alone = list().stream()
                .noneMatch(other ->
                        !other.name().equals(model.name()) && other.projector().equals(model.projector()));
        if (alone) {
            model.projector().ifPresent(gone::add);
        }
        long freed = 0;
        try {
            for (Path file : gone) {
                freed += Files.size(file);
                Files.delete(file);
                Files.deleteIfExists(Origin.path(file));
            }
            removeEmpty(model.file().getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        return freed;
    }

    private void removeEmpty(@Nullable Path folder) throws IOException {
        for (Path empty = folder;
                empty != null && !empty.equals(root) && empty.startsWith(root);
                empty = empty.getParent()) {
            try (Stream<Path> left = Files.list(empty)) {
                if (left.findAny().isPresent()) {
                    return;
                }
            }
            Files.delete(empty);
        }
    }

    private Optional<StoredModel> stored(Path first) {
        String path = relative(first);
        ModelFile file = ModelFile.of(path).orElseThrow();
        List<Path> files = file.all().stream().map(root::resolve).toList();
        if (!files.stream().allMatch(Files::isRegularFile)) {
            return Optional.empty();
        }
        try {
            long bytes = 0;
            for (Path part : files) {
                bytes += Files.size(part);
            }
            Instant modified = Files.getLastModifiedTime(first).toInstant();
            return Optional.of(new StoredModel(name(path, file), files, projector(first), bytes, modified));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String name(String path, ModelFile file) {
        String[] parts = path.split("/");
        if (parts.length < REPOSITORY_DEPTH) {
            return file.stem();
        }
        return named(parts[0] + "/" + parts[1], file);
    }

    static String name(RepositoryName repository, ModelFile file) {
        return named(repository.toString(), file);
    }

    private static String named(String repository, ModelFile file) {
        return repository + ":" + file.quantization().orElse(ModelFile.baseName(file.stem()));
    }

    /** In the model's folder or one above it, below the root. */
    private Optional<Path> projector(Path model) throws IOException {
        for (Path folder = model.getParent();
                folder != null && !folder.equals(root) && folder.startsWith(root);
                folder = folder.getParent()) {
            try (Stream<Path> files = Files.list(folder)) {
                Optional<Path> found = files.filter(
                                file -> ModelFile.isProjector(file.getFileName().toString()))
                        .sorted()
                        .findFirst();
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** Hidden folders hold what is not whole yet. */
    private static boolean isModel(String path) {
        return ModelFile.isModel(path) && !path.startsWith(".") && !path.contains("/.");
    }

    private String relative(Path path) {
        return root.relativize(path).toString().replace('\\', '/');
    }
}
