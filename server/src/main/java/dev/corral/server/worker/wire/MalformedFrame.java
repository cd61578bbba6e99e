package dev.corral.server.worker.wire;

/** Bytes that no sender of ours writes. The connection they came from can't be used any more. */
public final class MalformedFrame extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public MalformedFrame(String message) {
        super(message);
    }

    public MalformedFrame(String message, Throwable cause) {
        super(message, cause);
    }
}
