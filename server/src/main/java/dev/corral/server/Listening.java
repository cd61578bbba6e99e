package dev.corral.server;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** A server from its first port to its end, whatever it serves. Thread-safe. */
sealed interface Listening extends AutoCloseable permits Server, SeveralModels {

    /** Where all dialects are. */
    URI address();

    /** Where else it listens, by the dialect that is served there alone. */
    Map<String, URI> otherAddresses();

    /**
     * Ends in order: no new request is served from now on, those that run may finish for as long as {@code grace},
     * then what still runs is told that the server ends. Idempotent.
     *
     * @return true when everything that ran could finish
     */
    boolean shutDown(Duration grace) throws InterruptedException;

    /** Ends at once. */
    @Override
    default void close() {
        try {
            shutDown(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
