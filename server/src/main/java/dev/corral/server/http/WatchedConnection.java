package dev.corral.server.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.spi.ServerConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An HTTP connection whose requests can learn that their client left, or takes too long. */
final class WatchedConnection implements ServerConnection, InterruptableTask<Void> {

    private static final ScopedValue<WatchedConnection> CURRENT = ScopedValue.newInstance();
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final ServerConnection http;
    private final ReadAhead incoming;
    private final AcceptedSocket client;
    private volatile boolean closing;

    WatchedConnection(ServerConnection http, ReadAhead incoming, AcceptedSocket client) {
        this.http = http;
        this.incoming = incoming;
        this.client = client;
    }

    /** The connection whose request the calling thread answers. */
    static WatchedConnection current() {
        return CURRENT.get();
    }

    /** The client's side of it, and how long that may take. */
    AcceptedSocket client() {
        return client;
    }

    ClientWatch watch(Runnable gone) {
        return incoming.watch(gone);
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        boolean bodyUnread = true;
        try {
            ScopedValue.where(CURRENT, this).<Void, InterruptedException>call(() -> {
                http.handle(limit);
                return null;
            });
        } catch (LastAnswer e) {
            bodyUnread = e.bodyUnread();
        }
        if (bodyUnread && !closing) {
            linger();
        }
    }

    @Override
    public boolean canInterrupt() {
        return http instanceof InterruptableTask<?> task && task.canInterrupt();
    }

    @Override
    public Duration idleTime() {
        return http.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
        closing = true;
        http.close(interrupt);
    }

    /**
     * A connection that ends with an error response may still be receiving a body that nobody reads. Closing it then
     * would reset it, and the client might never see the response; so read on for a moment.
     */
    private void linger() throws InterruptedException {
        CompletableFuture<Void> drained = new CompletableFuture<>();
        Thread.ofVirtual().name("linger").start(() -> {
            try {
                while (incoming.get() != null) {
                    // to the end, or until the time is up and the socket closed
                }
            } catch (CloseConnectionException e) {
                // closed under the read: the time was up
            } finally {
                drained.complete(null);
            }
        });
        try {
            drained.get(LINGER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            closing = true;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
