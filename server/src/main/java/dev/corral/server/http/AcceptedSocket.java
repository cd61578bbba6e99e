package dev.corral.server.http;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;

/**
 * One client's socket and the time its client has left for what it is doing. When that is over, what waits for the client
 * is woken: a read by an end of the stream where an answer can still be sent, anything else by closing the socket.
 *
 * <p>The connection's thread says what it waits for; {@link Connections} looks at the time.
 */
final class AcceptedSocket {

    private enum Waiting {
        FOR_HEAD,
        FOR_BODY,
        FOR_NEXT_REQUEST,
        FOR_READER,
        FOR_NOTHING
    }

    private static final Logger LOG = System.getLogger("dev.corral.server");
    private static final long NEVER = Long.MAX_VALUE;
    private static final long OVER = Long.MIN_VALUE;

    private final Socket socket;
    private final TimeLimits limits;
    private final boolean refused;
    private final long origin = System.nanoTime();
    private final AtomicLong until = new AtomicLong(NEVER);
    private volatile Waiting waiting = Waiting.FOR_HEAD;
    private volatile long idleSince;
    private volatile boolean evicted;

    /** @param refused there were too many when it came */
    AcceptedSocket(Socket socket, TimeLimits limits, boolean refused) {
        this.socket = socket;
        this.limits = limits;
        this.refused = refused;
        await(Waiting.FOR_HEAD, limits.head());
    }

    boolean isRefused() {
        return refused;
    }

    boolean isClosed() {
        return evicted || socket.isClosed();
    }

    boolean isIdle() {
        return waiting == Waiting.FOR_NEXT_REQUEST;
    }

    /** When it became idle, in nanoseconds from an arbitrary time. */
    long idleSince() {
        return idleSince;
    }

    /** Whether the client took too long. */
    boolean timedOut() {
        return until.get() == OVER;
    }

    /** Bytes came: where a request was waited for, it has begun. */
    void received() {
        if (waiting == Waiting.FOR_NEXT_REQUEST && !refused) {
            await(Waiting.FOR_HEAD, limits.head());
        }
    }

    /** A request's head is complete. */
    void headRead(boolean bodyFollows) {
        if (bodyFollows) {
            await(Waiting.FOR_BODY, limits.body());
        } else {
            awaitNothing();
        }
    }

    /** The time is ours from here on. */
    void awaitNothing() {
        await(Waiting.FOR_NOTHING, NEVER);
    }

    /** The answer is written. */
    void answered() {
        idleSince = System.nanoTime();
        await(Waiting.FOR_NEXT_REQUEST, limits.idle());
    }

    /** Nothing more is written; the client may have a moment to see that and to close its side. */
    void endOutput(Duration moment) {
        await(Waiting.FOR_NEXT_REQUEST, moment);
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a client left", e);
        }
    }

    /** Runs a write, which the client may not hold up for too long. */
    void write(Runnable write) {
        Waiting before = waiting;
        long beforeUntil = until.get();
        await(Waiting.FOR_READER, limits.stall());
        write.run();
        await(before, beforeUntil);
    }

    /** Called by the clock. */
    void expireAt(long now) {
        long end = until.get();
        if (end != OVER && end != NEVER && now - origin > end && until.compareAndSet(end, OVER)) {
            Waiting what = waiting;
            LOG.log(Level.DEBUG, "a client was given up after waiting {0}", what);
            Thread.ofVirtual().name("time limit").start(() -> expire(what));
        }
    }

    /** Makes room for another connection. */
    void evict() {
        if (until.getAndSet(OVER) != OVER) {
            evicted = true;
            Thread.ofVirtual().name("eviction").start(() -> close(socket instanceof SSLSocket));
        }
    }

    private void expire(Waiting what) {
        boolean answerable = what == Waiting.FOR_HEAD || what == Waiting.FOR_BODY;
        if (answerable && !(socket instanceof SSLSocket)) {
            try {
                socket.shutdownInput();
                return;
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "a socket could not be shut down", e);
            }
        }
        close(what != Waiting.FOR_NEXT_REQUEST);
    }

    /** @param reset with no time to linger: else closing a TLS socket would wait for a write that is stuck */
    private void close(boolean reset) {
        try {
            if (reset) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a socket could not be closed", e);
        }
    }

    private void await(Waiting what, Duration patience) {
        await(what, System.nanoTime() - origin + patience.toNanos());
    }

    private void await(Waiting what, long end) {
        long before = until.get();
        while (before != OVER) {
            waiting = what;
            if (until.compareAndSet(before, end)) {
                return;
            }
            before = until.get();
        }
    }
}
