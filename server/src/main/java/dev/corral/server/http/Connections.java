package dev.corral.server.http;

import io.helidon.common.socket.SocketOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Every open connection from the moment it is accepted: how many there may be, and a clock over each. Helidon applies
 * neither time limits nor a limit that still serves somebody when it is reached.
 *
 * <p>Where there are too many, the one that has been idle longest makes room. Where none is idle, the new one is answered
 * with a refusal; and where even those are many, closed.
 *
 * <p>Ownership: {@link #close} ends the clock; the sockets belong to Helidon. Thread-safe.
 */
final class Connections implements AutoCloseable {

    private static final Logger LOG = System.getLogger("dev.corral.server");
    private static final int REFUSALS_AT_ONCE = 128;
    private static final long SHORTEST_TICK = 5_000_000L;
    private static final long LONGEST_TICK = 500_000_000L;

    private final int limit;
    private final TimeLimits limits;
    private final long tick;
    private final Map<SocketAddress, AcceptedSocket> open = new ConcurrentHashMap<>();
    private final Thread clock;
    private volatile boolean ended;

    Connections(int limit, TimeLimits limits) {
        this.limit = limit;
        this.limits = limits;
        this.tick = Math.clamp(limits.shortest().toNanos() / 8, SHORTEST_TICK, LONGEST_TICK);
        this.clock = Thread.ofPlatform().name("connection clock").daemon().unstarted(this::watch);
    }

    void start() {
        clock.start();
    }

    /** Options that are applied to every socket when it is accepted, which is how it becomes known here. */
    SocketOptions options(SocketOptions of) {
        return new Options(of, this);
    }

    /** The connection of this client, where it is open. */
    Optional<AcceptedSocket> from(SocketAddress client) {
        return Optional.ofNullable(open.get(client));
    }

    /** How many there are. */
    int count() {
        forgetClosed();
        return open.size();
    }

    @Override
    public void close() {
        ended = true;
        LockSupport.unpark(clock);
    }

    /** @throws IllegalStateException when it is to be closed at once */
    private void accept(Socket socket) {
        boolean refused = open.size() >= limit && count() >= limit && !makeRoom();
        if (refused && open.size() >= limit + REFUSALS_AT_ONCE) {
            throw new IllegalStateException("too many connections");
        }
        open.put(socket.getRemoteSocketAddress(), new AcceptedSocket(socket, limits, refused));
    }

    private boolean makeRoom() {
        Optional<AcceptedSocket> longest = open.values().stream()
                .filter(AcceptedSocket::isIdle)
                .min(Comparator.comparingLong(AcceptedSocket::idleSince));
        longest.ifPresent(AcceptedSocket::evict);
        forgetClosed();
        return longest.isPresent();
    }

    private void forgetClosed() {
        open.values().removeIf(AcceptedSocket::isClosed);
    }

    private void watch() {
        while (!ended) {
            LockSupport.parkNanos(this, tick);
            try {
                forgetClosed();
                long now = System.nanoTime();
                open.values().forEach(socket -> socket.expireAt(now));
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "the connections' clock stumbled", e);
            }
        }
    }

    private record Options(SocketOptions of, Connections connections) implements SocketOptions {

        @Override
        public void configureSocket(Socket socket) {
            of.configureSocket(socket);
            connections.accept(socket);
        }

        @Override
        public Map<SocketOption<?>, Object> socketOptions() {
            return of.socketOptions();
        }

        @Override
        public Duration connectTimeout() {
            return of.connectTimeout();
        }

        @Override
        public Duration readTimeout() {
            return of.readTimeout();
        }

        @Override
        public Optional<Integer> socketReceiveBufferSize() {
            return of.socketReceiveBufferSize();
        }

        @Override
        public Optional<Integer> socketSendBufferSize() {
            return of.socketSendBufferSize();
        }

        @Override
        public boolean socketReuseAddress() {
            return of.socketReuseAddress();
        }

        @Override
        public boolean socketKeepAlive() {
            return of.socketKeepAlive();
        }

        @Override
        public boolean tcpNoDelay() {
            return of.tcpNoDelay();
        }
    }
}
