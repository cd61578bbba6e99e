package dev.corral.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.websocket.ClientWsFrame;
import io.helidon.websocket.WsCloseCodes;
import io.helidon.websocket.WsCloseException;
import io.helidon.websocket.WsOpCode;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection that was upgraded to a WebSocket. Its own thread reads frames to the end, so that a client that leaves is
 * noticed whatever is being done for it; a second one runs the conversation, and a third one pings.
 *
 * <p>Frames are Helidon's; what they mean together is decided here, since Helidon answers no pings, joins no messages, sets
 * no limit to them and does not tell of a connection that breaks.
 */
final class WebSocketConnection implements ServerConnection {

    private static final Logger LOG = System.getLogger("dev.corral.server");
    private static final int MOST_UNREAD = 16 << 20;
    private static final int LONGEST_CONTROL = 125;
    private static final int FINAL = 0x80;
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final ConnectionContext context;
    private final AcceptedSocket client;
    private final int maxMessage;
    private final Duration ping;
    private final WebSocketMessages messages;
    private final ReentrantLock writing = new ReentrantLock();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean ended;
    private volatile boolean ponged = true;
    private volatile @Nullable GoneWatch watch;
    private volatile Runnable conversation = () -> {};

    WebSocketConnection(ConnectionContext context, AcceptedSocket client, int maxMessage, Duration ping) {
        this.context = context;
        this.client = client;
        this.maxMessage = maxMessage;
        this.messages = new WebSocketMessages(maxMessage);
        this.ping = ping;
    }

    /** What runs once the connection is handled; called before that. */
    void converse(Runnable with) {
        conversation = with;
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        Thread talking = Thread.ofVirtual().name("websocket").start(this::talk);
        Thread pinging = Thread.ofVirtual().name("websocket ping").start(this::keepPinging);
        try {
            while (readFrame()) {
                // until one of both says good-bye
            }
        } catch (WsCloseException e) {
            close(e.closeCode(), String.valueOf(e.getMessage()));
            readRest();
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException | CloseConnectionException e) {
            LOG.log(Level.DEBUG, "a WebSocket broke off", e);
        } finally {
            end();
            pinging.interrupt();
            talking.join();
        }
        throw new LastAnswer(false);
    }

    /** What the client sent before it could know: left unread, it would make the system drop the good-bye. */
    private void readRest() {
        DataReader reader = context.dataReader();
        try {
            for (int read = 0; read < MOST_UNREAD; ) {
                reader.ensureAvailable();
                int there = reader.available();
                reader.skip(there);
                read += there;
            }
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException e) {
            LOG.log(Level.DEBUG, "a client has been told to go, and went", e);
        }
    }

    private void talk() {
        try {
            conversation.run();
        } finally {
            close(WsCloseCodes.NORMAL_CLOSE, "");
        }
    }

    private void end() {
        ended = true;
        messages.end();
        GoneWatch watching = watch;
        if (watching != null) {
            watching.clientLeft();
        }
    }

    Optional<byte[]> receive(Duration patience) throws InterruptedException {
        return messages.take(patience);
    }

    ClientWatch watch(Runnable gone) {
        GoneWatch watching = new GoneWatch(gone);
        watch = watching;
        if (ended) {
            watching.clientLeft();
        }
        return watching;
    }

    void send(String text) {
        if (ended || closed.get()) {
            throw new ClientLeft();
        }
        write(WsOpCode.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Says good-bye, once; the client has a moment to do the same. */
    void close(int code, String reason) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        byte[] words = reason.getBytes(StandardCharsets.UTF_8);
        byte[] payload = Arrays.copyOf(
                new byte[] {(byte) (code >> 8), (byte) code}, 2 + Math.min(words.length, LONGEST_CONTROL - 2));
        System.arraycopy(words, 0, payload, 2, payload.length - 2);
        try {
            write(WsOpCode.CLOSE, payload);
            client.endOutput(FAREWELL);
        } catch (ClientLeft e) {
            LOG.log(Level.DEBUG, "a client was gone before it was told so", e);
        }
    }

    @Override
    public Duration idleTime() {
        return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
        close(WsCloseCodes.GOING_AWAY, "the server ends");
        context.serverSocket().close();
    }

    private void keepPinging() {
        try {
            while (!ended) {
                Thread.sleep(ping);
                if (!ponged) {
                    close(WsCloseCodes.VIOLATED_POLICY, "Ping/Pong timeout");
                    return;
                }
                ponged = false;
                write(WsOpCode.PING, new byte[0]);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the connection has ended
        } catch (ClientLeft e) {
            LOG.log(Level.DEBUG, "a client left before a ping", e);
        }
    }

    /** Reads one frame; false when it was the last. */
    private boolean readFrame() {
        ClientWsFrame frame = ClientWsFrame.read(context, context.dataReader(), maxMessage);
        byte[] payload = frame.payloadData().readBytes();
        WsOpCode code = frame.opCode();
        if (code.code() >= WsOpCode.CLOSE.code() && (!frame.fin() || payload.length > LONGEST_CONTROL)) {
            throw new WsCloseException("a control frame is in pieces", WsCloseCodes.PROTOCOL_ERROR);
        }
        switch (code) {
            case PING -> write(WsOpCode.PONG, payload);
            case PONG -> ponged = true;
            case CLOSE -> {
                if (closed.compareAndSet(false, true)) {
                    write(WsOpCode.CLOSE, payload.length < 2 ? payload : Arrays.copyOf(payload, 2));
                }
                return false;
            }
            case BINARY -> throw new WsCloseException("messages must be text", WsCloseCodes.CANNOT_ACCEPT);
            case TEXT, CONTINUATION -> messages.add(payload, code == WsOpCode.CONTINUATION, frame.fin(), !closed.get());
        }
        return true;
    }

    private void write(WsOpCode code, byte[] payload) {
        BufferData frame = BufferData.growing(payload.length + 10);
        frame.write(FINAL | code.code());
        if (payload.length <= LONGEST_CONTROL) {
            frame.write(payload.length);
        } else if (payload.length < 1 << 16) {
            frame.write(126);
            frame.writeInt16(payload.length);
        } else {
            frame.write(127);
            frame.writeInt32(0);
            frame.writeInt32(payload.length);
        }
        frame.write(payload);
        writing.lock();
        try {
            context.dataWriter().writeNow(frame);
        } catch (UncheckedIOException | CloseConnectionException e) {
            throw new ClientLeft(e);
        } finally {
            writing.unlock();
        }
    }
}
