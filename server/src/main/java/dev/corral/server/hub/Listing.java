package dev.corral.server.hub;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The files of a repository at one commit.
 *
 * @param commit the files' revision, which never changes
 */
record Listing(RepositoryName repository, String commit, List<RemoteFile> files) {

    /** What is taken where nobody says which. */
    private static final List<String> USUAL = List.of("Q4_K_M", "Q8_0");

    /**
     * A model that was chosen.
     *
     * @param parts its files, the first first
     * @param projector what lets it see or hear
     */
    record Choice(List<RemoteFile> parts, Optional<RemoteFile> projector) {}

    Listing {
        files = List.copyOf(files);
    }

    /**
     * The model that is meant, with all its parts and the projector that fits it best.
     *
     * @throws HubException when there is none, naming those that there are
     */
    Choice choose(ModelReference.OfRepository wanted) {
        RemoteFile first = wanted.file().isPresent()
                ? require(wanted.file().get())
                : model(wanted.tag()).orElseThrow(() -> none(wanted));
        List<RemoteFile> parts = ModelFile.of(first.path()).orElseThrow(() -> none(wanted)).all().stream()
                .map(this::require)
                .toList();
        return new Choice(parts, projector(first.path()));
    }

    private Optional<RemoteFile> model(Optional<String> tag) {
        List<RemoteFile> models =
                files.stream().filter(file -> ModelFile.isModel(file.path())).toList();
        for (String quantization : tag.map(List::of).orElse(USUAL)) {
            Optional<RemoteFile> found = models.stream()
                    .filter(file -> ModelFile.of(file.path())
                            .filter(name -> name.isMeantBy(quantization))
                            .isPresent())
                    .findFirst();
            if (found.isPresent()) {
                return found;
            }
        }
        return tag.isPresent() ? Optional.empty() : models.stream().findFirst();
    }

    /** The projector in the model's folder or one above it, the nearer and the more alike in bits the better. */
    private Optional<RemoteFile> projector(String model) {
        int bits = ModelFile.of(model).map(ModelFile::bits).orElse(0);
        return files.stream()
                .filter(file -> ModelFile.isProjector(file.path())
                        && ModelFile.folder(model).startsWith(ModelFile.folder(file.path())))
                .min(Comparator.comparingInt((RemoteFile file) ->
                                -ModelFile.folder(file.path()).length())
                        .thenComparingInt(file -> Math.abs(
                                ModelFile.of(file.path()).map(ModelFile::bits).orElse(0) - bits))
                        .thenComparing(RemoteFile::path));
    }

    private RemoteFile require(String path) {
        return files.stream()
                .filter(file -> file.path().equals(path))
                .findFirst()
                .orElseThrow(() -> new HubException(repository + " has no file " + path + models()));
    }

    private HubException none(ModelReference.OfRepository wanted) {
        return new HubException(repository + " has no model"
                + wanted.tag().map(tag -> " of quantization " + tag).orElse("") + models());
    }

    private String models() {
        String names =
                files.stream().map(RemoteFile::path).filter(ModelFile::isModel).collect(Collectors.joining("\n  "));
        return names.isEmpty() ? "; it has no GGUF file at all" : "; it has\n  " + names;
    }
}
