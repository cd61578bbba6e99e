package dev.corral.server.generation;

import dev.corral.engine.MediaFile;
import java.net.URI;

/** Where an image or sound of a request comes from. */
public sealed interface MediaSource {

    /** The request brings it along. */
    record Given(MediaFile file) implements MediaSource {}

    /**
     * It is on another server.
     *
     * @param field what the request calls it
     */
    record Remote(String field, URI address) implements MediaSource {}
}
