package dev.corral.server.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Errors that happen before or beside routing: what is no HTTP, too long or too large. Helidon knows them by a status
 * and a message that may be null; here they become errors of the dialect that speaks at the path.
 */
final class TransportErrors implements DirectHandler {

    private static final Logger LOG = System.getLogger("dev.corral.access");

    /** What Helidon's header parser says, which is all that tells this error from other bad requests. */
    private static final String HEADERS_TOO_LARGE = "Header size exceeded";

    private final Routes routes;

    private TransportErrors(Routes routes) {
        this.routes = routes;
    }

    static DirectHandlers handlers(Routes routes) {
        TransportErrors errors = new TransportErrors(routes);
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, errors);
        }
        return handlers.build();
    }

    /** Before routing, where no other log line tells of it. */
    @Override
    public TransportResponse handle(
            TransportRequest request,
            EventType type,
            Status status,
            ServerResponseHeaders headers,
            @Nullable String message) {
        TransportResponse response = respond(request, type, status, headers, message);
        LOG.log(
                Level.INFO,
                "{0} {1} {2}",
                AccessLog.shown(request.method()),
                AccessLog.shown(request.path()),
                Integer.toString(response.status().code()));
        return response;
    }

    /** Within routing. */
    @Override
    public TransportResponse handle(
            TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, Throwable thrown) {
        return respond(request, type, status, headers, thrown.getMessage());
    }

    private TransportResponse respond(
            TransportRequest request,
            EventType type,
            Status status,
            ServerResponseHeaders headers,
            @Nullable String message) {
        ApiError error = WatchedConnection.current().client().timedOut()
                ? ApiError.of(ApiError.Kind.REQUEST_TIMED_OUT, "the request did not come in time")
                : errorOf(status.code(), message == null ? "" : message);
        return TransportResponse.builder()
                .status(Status.create(error.kind().status()))
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/json; charset=utf-8")
                .keepAlive(type.keepAlive())
                .entity(Json.bytes(routes.speakingAt(request.path()).error(error)))
                .build();
    }

    private static ApiError errorOf(int status, String message) {
        return switch (status) {
            case 400 ->
                message.contains(HEADERS_TOO_LARGE)
                        ? ApiError.of(ApiError.Kind.HEADERS_TOO_LARGE, "the headers are too large")
                        : ApiError.of(ApiError.Kind.INVALID, "bad request: " + shownOr(message, "not valid HTTP"));
            case 403 -> ApiError.of(ApiError.Kind.FORBIDDEN, "forbidden");
            case 404 -> ApiError.of(ApiError.Kind.NOT_FOUND, "there is nothing here");
            case 405 -> ApiError.of(ApiError.Kind.METHOD_NOT_ALLOWED, "this method is not answered here");
            case 413 -> ApiError.of(ApiError.Kind.BODY_TOO_LARGE, "the body is too large");
            case 414 -> ApiError.of(ApiError.Kind.URI_TOO_LONG, "the address is too long");
            case 503 -> ApiError.of(ApiError.Kind.BUSY, "too many requests at once; try again later");
            case 505 -> ApiError.of(ApiError.Kind.HTTP_VERSION, "only HTTP/1.1 is spoken here");
            default -> ApiError.of(ApiError.Kind.FAULT, "a fault in the server; its log has it");
        };
    }

    private static String shownOr(String message, String otherwise) {
        String firstLine = message.lines().findFirst().orElse("");
        return firstLine.isBlank() ? otherwise : firstLine.replaceAll("\\p{Cntrl}", "?");
    }
}
