package dev.corral.server.hub;

import java.util.Optional;

/** Is told how far a download is, by the thread that downloads. */
@FunctionalInterface
public interface Progress {

    /**
     * A file is fetched that is not here, or not all of it.
     *
     * @param sha256 of its content; empty where nobody says
     */
    default void begin(String file, Optional<String> sha256) {}

    /**
     * So much of a file is here.
     *
     * @param file its name
     * @param done bytes that are here, those of an earlier try too
     * @param total bytes of the file; negative where nobody says
     */
    void at(String file, long done, long total);

    /** The file was here before. */
    default void kept(String file) {}
}
