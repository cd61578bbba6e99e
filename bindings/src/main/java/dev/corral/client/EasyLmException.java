package dev.corral.client;

import org.jspecify.annotations.Nullable;

/** A server did not answer, or not as asked. */
public final class EasyLmException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    EasyLmException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
