package dev.corral.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ServerConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection's incoming bytes, with at most one read ahead of need. While a request is being answered its client has
 * nothing to send, so a read that ends then tells that the client is gone; bytes that arrive instead belong to the next
 * request and wait here for it. A client that closes its sending half only is taken for gone, as by other servers.
 *
 * <p>{@link #get} and {@link #watch} belong to the connection's thread; the read ahead runs on a virtual thread of its
 * own, and never at the same time as one of {@link #get}.
 */
final class ReadAhead implements Supplier<byte @Nullable []> {

    private final DataReader source;
    private final AcceptedSocket client;
    private @Nullable CompletableFuture<byte @Nullable []> ahead;

    ReadAhead(DataReader source, AcceptedSocket client) {
        this.source = source;
        this.client = client;
    }

    /** The next bytes; null at the end of the stream. */
    @Override
    public byte @Nullable [] get() {
        byte[] bytes = next();
        client.received();
        return bytes;
    }

    private byte @Nullable [] next() {
        CompletableFuture<byte @Nullable []> pending = ahead;
        if (pending == null) {
            return read();
        }
        ahead = null;
        try {
            return pending.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerConnectionException("interrupted while waiting for a request", e);
        } catch (ExecutionException e) {
            throw new ServerConnectionException("the connection failed", e.getCause());
        }
    }

    ClientWatch watch(Runnable gone) {
        CompletableFuture<byte @Nullable []> pending = ahead;
        if (pending == null) {
            pending = new CompletableFuture<>();
            ahead = pending;
            CompletableFuture<byte @Nullable []> started = pending;
            Thread.ofVirtual().name("client watch").start(() -> readInto(started));
        }
        GoneWatch watch = new GoneWatch(gone);
        CompletableFuture<?> _ = pending.whenComplete((bytes, _) -> {
            if (bytes == null) {
                watch.clientLeft();
            }
        });
        return watch;
    }

    private void readInto(CompletableFuture<byte @Nullable []> target) {
        try {
            target.complete(read());
        } catch (RuntimeException e) {
            target.completeExceptionally(e);
        }
    }

    private byte @Nullable [] read() {
        try {
            BufferData data = source.readBuffer();
            return data.readBytes();
        } catch (DataReader.InsufficientDataAvailableException e) {
            return null;
        }
    }
}
