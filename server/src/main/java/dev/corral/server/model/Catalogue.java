package dev.corral.server.model;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The models of a server that has several. Thread-safe. */
public interface Catalogue {

    /** All of them at this moment, the one first that is meant where a request names none. */
    List<ServedModel> models();

    /** The model of a name, or of an adapter's. */
    Optional<ServedModel> find(String name);

    /**
     * The model of a name.
     *
     * @throws dev.corral.server.http.ApiException when there is none
     */
    ServedModel require(String name);

    /**
     * A model for use, which is loaded if it is not yet; it stays until the lease is closed.
     *
     * @param name of it; empty for the first
     * @throws dev.corral.server.http.ApiException when there is none of that name, or it can't be had in time
     */
    Lease lease(Optional<String> name) throws InterruptedException;

    /** Begins to load it; nothing where it is loaded already. */
    void load(ServedModel model);

    /** Takes it out of memory when what runs on it has ended; new requests wait, and load it again. */
    void unload(ServedModel model);

    /**
     * Says how long it stays after its last use, until that is said again or it has left memory. A pinned model stays anyway.
     *
     * @param stay {@link ServedModel#EVER} at most
     */
    void keep(ServedModel model, Duration stay);

    /** How long it still stays if nobody uses it, {@link ServedModel#EVER} at most. */
    Duration staysYet(ServedModel model);

    /** Models that clients may let come and go; empty where the operator does not allow it. */
    Optional<ModelDownloads> downloads();

    /** What happens to the models. */
    ModelChanges changes();
}
