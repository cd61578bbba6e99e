package dev.corral.server.http;

import io.helidon.webserver.CloseConnectionException;

/** The client closed its connection before its answer was complete; nothing is left to do for it. */
public final class ClientLeft extends CloseConnectionException {

    private static final long serialVersionUID = 1L;

    public ClientLeft() {
        super("the client left");
    }

    ClientLeft(Throwable cause) {
        super("the client left", cause);
    }
}
