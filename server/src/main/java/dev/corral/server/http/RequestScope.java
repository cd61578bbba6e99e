package dev.corral.server.http;

import java.util.Optional;

/**
 * The request that a thread is answering, for what it logs meanwhile.
 *
 * @param id of the request
 * @param trace of the trace that it is part of; empty where there is none
 */
public record RequestScope(String id, String trace) {

    private static final ScopedValue<RequestScope> CURRENT = ScopedValue.newInstance();

    /** That of the calling thread. */
    public static Optional<RequestScope> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    static void run(RequestScope scope, Runnable answering) {
        ScopedValue.where(CURRENT, scope).run(answering);
    }
}
