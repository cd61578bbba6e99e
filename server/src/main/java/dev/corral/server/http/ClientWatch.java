package dev.corral.server.http;

/** A watch over a client that waits for its answer. Closing it ends it; what the client does next is no concern of it. */
public interface ClientWatch extends AutoCloseable {

    /** Whether the client closed its connection. */
    boolean left();

    @Override
    void close();
}
