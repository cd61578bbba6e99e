package dev.corral.server.http;

import io.helidon.websocket.WsCloseCodes;
import io.helidon.websocket.WsCloseException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Messages that came by a WebSocket and wait for its conversation. One thread adds their frames, another one takes them. */
final class WebSocketMessages {

    private static final int MOST_WAITING = 256;

    /** What waits when nothing more will come; no message is empty JSON. */
    private static final byte[] END = {};

    private final int longest;
    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<>();
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
    private boolean fragmented;

    /** @param longest bytes of a message */
    WebSocketMessages(int longest) {
        this.longest = longest;
    }

    /**
     * Adds a frame to the message that has begun, and the message to those that wait where it was the last one.
     *
     * @param continues whether it says that it belongs to one that has begun
     * @param wanted whether somebody still takes messages
     * @throws WsCloseException when the frame breaks the rules, which ends the connection
     */
    void add(byte[] payload, boolean continues, boolean last, boolean wanted) {
        if (fragmented != continues) {
            throw new WsCloseException("a message begins within another", WsCloseCodes.PROTOCOL_ERROR);
        }
        if (begun.size() + payload.length > longest) {
            throw new WsCloseException("a message may have " + longest + " bytes", WsCloseCodes.TOO_BIG);
        }
        begun.writeBytes(payload);
        fragmented = !last;
        if (fragmented || !wanted) {
            return;
        }
        byte[] whole = begun.toByteArray();
        begun.reset();
        requireUtf8(whole);
        if (waiting.size() >= MOST_WAITING || waitingBytes.addAndGet(whole.length) > 2 * (long) longest) {
            throw new WsCloseException("too many messages wait", WsCloseCodes.VIOLATED_POLICY);
        }
        waiting.add(whole.length == 0 ? new byte[] {' '} : whole);
    }

    private static void requireUtf8(byte[] text) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new WsCloseException("a message is not UTF-8", WsCloseCodes.NOT_CONSISTENT);
        }
    }

    /** Nothing more will come. */
    void end() {
        waiting.add(END);
    }

    /**
     * The next one; empty when none came in time.
     *
     * @throws ClientLeft when none will come
     */
    Optional<byte[]> take(Duration patience) throws InterruptedException {
        byte[] next = waiting.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (next == END) {
            waiting.add(END);
            throw new ClientLeft();
        }
        if (next == null) {
            return Optional.empty();
        }
        waitingBytes.addAndGet(-next.length);
        return Optional.of(next);
    }
}
