package dev.corral.server.hub;

import java.util.Optional;

/** A model of a repository that can be had: with all its parts, and its projector. */
public final class FoundModel {

    private final RepositoryName repository;
    private final Listing.Choice choice;

    FoundModel(RepositoryName repository, Listing.Choice choice) {
        this.repository = repository;
        this.choice = choice;
    }

    /** What it is called in the model folder. */
    public String name() {
        return ModelFolder.name(
                repository, ModelFile.of(choice.parts().getFirst().path()).orElseThrow());
    }

    RepositoryName repository() {
        return repository;
    }

    Listing.Choice choice() {
        return choice;
    }

    /** The projector's file, where it is wanted and there. */
    Optional<RemoteFile> projector(boolean wanted) {
        return wanted ? choice.projector() : Optional.empty();
    }
}
