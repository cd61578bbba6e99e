package dev.corral.server.flags;

/** A flag has a value that it may not have; the message is for the person who typed it. */
public final class BadFlag extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BadFlag(String message) {
        super(message);
    }
}
