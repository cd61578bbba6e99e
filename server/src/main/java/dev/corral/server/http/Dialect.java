package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** One family of routes with its own shapes of requests, answers and errors. */
public interface Dialect {

    /** Puts this dialect's routes on the table. */
    void routes(Routes routes);

    /** Whether errors on a path that is no route are told in this dialect's words. */
    boolean speaks(String path);

    /** The status of an error response. */
    default int status(ApiError error) {
        return error.kind().status();
    }

    /** The body of an error response; mid-stream, the data of the last event. */
    ObjectNode error(ApiError error);
}
