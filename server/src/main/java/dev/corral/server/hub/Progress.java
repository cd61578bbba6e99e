package dev.corral.server.hub;

/** Is told how far a download is, by the thread that downloads. */
@FunctionalInterface
public interface Progress {

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
