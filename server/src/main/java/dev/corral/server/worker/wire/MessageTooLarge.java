package dev.corral.server.worker.wire;

/** A message is larger than a frame may be; nothing of it was sent. */
public final class MessageTooLarge extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int bytes;

    MessageTooLarge(int bytes) {
        super("a message of " + bytes + " bytes");
        this.bytes = bytes;
    }

    /** Its size. */
    public int bytes() {
        return bytes;
    }
}
