package dev.corral.server.worker.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Optional;

/** The receiving end of a channel: takes apart what an {@link Outbox} sends. One thread's. */
public final class FrameReader {

    private static final int SMALL = 64 << 10;
    private static final int LARGEST_FRAME = Outbox.LARGEST_MESSAGE + Outbox.FULL_FRAME;

    private final ReadableByteChannel channel;
    private byte[] bytes = new byte[SMALL];
    private int from;
    private int to;

    public FrameReader(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /**
     * The next frame's messages, waiting for it; good until the next call. Empty when the other end has closed.
     *
     * @throws MalformedFrame when it is larger than frames are
     * @throws EOFException when the channel ended within a frame
     */
    public Optional<WireInput> next() throws IOException {
        if (!fill(Integer.BYTES)) {
            return Optional.empty();
        }
        int length = (int) WireOutput.INT.get(bytes, from);
        if (length <= 0 || length > LARGEST_FRAME) {
            throw new MalformedFrame("a frame of " + length + " bytes");
        }
        from += Integer.BYTES;
        if (!fill(length)) {
            throw new EOFException("the channel ended within a frame");
        }
        WireInput frame = new WireInput(bytes, from, from + length);
        from += length;
        return Optional.of(frame);
    }

    /** Reads until so many bytes are there. False when the channel ended before the first of them. */
    private boolean fill(int count) throws IOException {
        while (to - from < count) {
            makeRoom(count);
            int room = Math.min(bytes.length - to, SMALL);
            int read = channel.read(ByteBuffer.wrap(bytes, to, room));
            if (read < 0) {
                if (to == from) {
                    return false;
                }
                throw new EOFException("the channel ended within a frame");
            }
            to += read;
        }
        return true;
    }

    /** Grows as bytes come, not as they are announced. */
    private void makeRoom(int count) {
        if (from == to) {
            from = 0;
            to = 0;
            if (bytes.length > SMALL && count <= SMALL) {
                bytes = new byte[SMALL];
            }
        }
        if (to == bytes.length && from > 0) {
            System.arraycopy(bytes, from, bytes, 0, to - from);
            to -= from;
            from = 0;
        }
        if (to == bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(2L * bytes.length, (long) LARGEST_FRAME + SMALL));
        }
    }
}
