package dev.corral.server.hub;

import org.jspecify.annotations.Nullable;

/** A model can't be had; the message says why, and what would help. */
public final class HubException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public HubException(String message) {
        super(message);
    }

    public HubException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
