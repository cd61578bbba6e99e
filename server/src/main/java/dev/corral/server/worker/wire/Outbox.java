package dev.corral.server.worker.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The sending end of a channel: messages gather until somebody drains them, and travel together in one frame. A frame is
 * the number of its bytes, 4 of them with the highest first, then its messages one after the other.
 *
 * <p>Thread-safe. {@link #add} only copies; {@link #drain} writes on the calling thread unless another one writes already,
 * which then writes this thread's messages, too.
 *
 * @param <M> the messages
 */
public final class Outbox<M> {

    /** The most bytes of one message. */
    public static final int LARGEST_MESSAGE = 256 << 20;

    /** After so many bytes a frame ends and the next one begins. */
    static final int FULL_FRAME = 1 << 20;

    private static final int WRITTEN_AT_ONCE = 64 << 10;
    private static final int NONE = -1;

    private final WritableByteChannel channel;
    private final Codec<M> codec;
    private final AtomicBoolean writing = new AtomicBoolean();
    private WireOutput pending = new WireOutput();
    private @Nullable WireOutput spare = new WireOutput();
    private int frame = NONE;
    private long frames;
    private long bytes;

    public Outbox(WritableByteChannel channel, Codec<M> codec) {
        this.channel = channel;
        this.codec = codec;
    }

    /**
     * Adds a message to what the next {@link #drain} sends.
     *
     * @throws MessageTooLarge when it is larger than {@link #LARGEST_MESSAGE}
     */
    public synchronized void add(M message) {
        int before = pending.size();
        int opened = frame;
        if (frame == NONE) {
            frame = pending.skipInt();
        }
        int begun = pending.size();
        boolean whole = false;
        try {
            codec.write(message, pending);
            if (pending.size() - begun > LARGEST_MESSAGE) {
                throw new MessageTooLarge(pending.size() - begun);
            }
            whole = true;
        } finally {
            if (!whole) {
                pending.truncate(before);
                frame = opened;
            }
        }
        if (pending.size() - frame >= FULL_FRAME) {
            endFrame();
        }
    }

    private void endFrame() {
        pending.putInt(frame, pending.size() - frame - Integer.BYTES);
        frame = NONE;
        frames++;
    }

    /** How many bytes wait to be sent. */
    public synchronized int waiting() {
        return pending.size();
    }

    /** Frames sent so far. */
    public synchronized long frames() {
        return frames;
    }

    /** Bytes sent so far. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Sends what was added so far, by this thread or by the one that is sending. */
    public void drain() throws IOException {
        while (waiting() > 0 && writing.compareAndSet(false, true)) {
            try {
                WireOutput full = take();
                send(full);
                giveBack(full);
            } finally {
                writing.set(false);
            }
        }
    }

    private synchronized WireOutput take() {
        WireOutput full = pending;
        if (frame != NONE) {
            endFrame();
        }
        bytes += full.size();
        pending = spare == null ? new WireOutput() : spare;
        spare = null;
        return full;
    }

    private synchronized void giveBack(WireOutput sent) {
        sent.clear();
        spare = sent;
    }

    /** In pieces: the JDK copies what it writes into native memory, and keeps as much of that as was needed once. */
    private void send(WireOutput full) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(full.array(), 0, full.size());
        for (int sent = 0; sent < full.size(); sent = buffer.position()) {
            buffer.limit(Math.min(full.size(), sent + WRITTEN_AT_ONCE));
            channel.write(buffer);
        }
    }
}
