package dev.corral.server.http;

import io.helidon.webserver.CloseConnectionException;

/** The answer that was just sent is the last one on its connection. */
final class LastAnswer extends CloseConnectionException {

    private static final long serialVersionUID = 1L;

    private final boolean bodyUnread;

    /** @param bodyUnread the client may still be sending what nobody will read */
    LastAnswer(boolean bodyUnread) {
        super("the connection ends with this answer");
        this.bodyUnread = bodyUnread;
    }

    boolean bodyUnread() {
        return bodyUnread;
    }
}
