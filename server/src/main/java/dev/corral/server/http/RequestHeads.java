package dev.corral.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;

/** Tells a connection when a request's head is complete, which is before any filter, and before an upgrade, too. */
final class RequestHeads implements Http1ConnectionListener {

    @Override
    public void headers(ConnectionContext context, Headers headers) {
        boolean empty = !headers.contains(HeaderNames.TRANSFER_ENCODING)
                && (!headers.contains(HeaderNames.CONTENT_LENGTH)
                        || headers.contains(HeaderValues.CONTENT_LENGTH_ZERO));
        WatchedConnection.current().client().headRead(!empty);
    }
}
