package dev.corral.media;

/** A file that is not decoded. Its message continues "the file …". */
public final class MediaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MediaException(String message) {
        super(message);
    }
}
