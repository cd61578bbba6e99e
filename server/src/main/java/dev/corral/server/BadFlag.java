package dev.corral.server;

/** A flag has a value that it may not have; the message is for the person who typed it. */
final class BadFlag extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BadFlag(String message) {
        super(message);
    }
}
