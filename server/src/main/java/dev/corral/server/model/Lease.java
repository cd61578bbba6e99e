package dev.corral.server.model;

/**
 * The right to use a model that is loaded: it stays in memory until the lease is closed.
 *
 * @param end gives it back
 */
public record Lease(ServedModel model, Runnable end) implements AutoCloseable {

    @Override
    public void close() {
        end.run();
    }
}
