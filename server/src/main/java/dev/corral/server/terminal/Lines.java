package dev.corral.server.terminal;

import java.util.Optional;

/**
 * Where what a person says comes from.
 *
 * <p>Ownership: whoever opened it closes it. Used by one thread.
 */
public interface Lines extends AutoCloseable {

    /** The next line without its end; empty when there is none any more. */
    Optional<String> next();

    /** Does something when the person wants to stop what is going on, until what is returned is closed. */
    Watch onStop(Runnable stop);

    @Override
    void close();

    /** A watch for the wish to stop. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
