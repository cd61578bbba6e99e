package dev.corral.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request and the way its answer goes back.
 *
 * <p>Used by the connection's thread only.
 */
public final class Exchange {

    private static final Header JSON =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json; charset=utf-8");

    private static final Header NO_SNIFF = HeaderValues.createCached("X-Content-Type-Options", "nosniff");

    private final ServerRequest request;
    private final ServerResponse response;
    private @Nullable Fields body;
    private @Nullable EventStream events;

    Exchange(ServerRequest request, ServerResponse response) {
        this.request = request;
        this.response = response;
    }

    /** The fields of the JSON object in the request's body, which is read once. */
    public Fields body() {
        Fields read = body;
        if (read == null) {
            read = new Fields(JsonBody.parse(bodyBytes()));
            body = read;
        }
        return read;
    }

    private byte[] bodyBytes() {
        try {
            // not closed: that would wait for the rest of a body that breaks off
            InputStream in = request.content().inputStream();
            byte[] bytes = in.readAllBytes();
            WatchedConnection.current().client().awaitNothing();
            return bytes;
        } catch (IOException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            if (WatchedConnection.current().client().timedOut()) {
                endConnection();
                throw new ApiException(ApiError.Kind.REQUEST_TIMED_OUT, "the body did not come in time");
            }
            throw new ClientLeft(e);
        } catch (NumberFormatException | DataReader.IncorrectNewLineException e) {
            endConnection();
            throw new ApiException(ApiError.Kind.INVALID, "the body's chunks are malformed");
        }
    }

    /** The objects of the JSON array that is the request's body. */
    public List<Fields> bodyObjects() {
        return new Fields(JsonBody.parseArray(BodyDoc.ARRAY, bodyBytes())).objects(BodyDoc.ARRAY);
    }

    /** What a placeholder of the route's path stands for, percent-decoded. */
    public String path(String placeholder) {
        return request.path().pathParameters().get(placeholder);
    }

    public Optional<String> query(String name) {
        return request.query().first(name).asOptional();
    }

    /** Whom the request is counted to; the same for every request with one API key. */
    public String caller() {
        return request.context()
                .get(ApiKeys.CALLER, Caller.class)
                .map(Caller::name)
                .orElse("");
    }

    /** Counts tokens, of a prompt or generated, to the caller. */
    public void spend(int tokens) {
        request.context().get(ApiKeys.CALLER, Caller.class).ifPresent(caller -> caller.spend(tokens));
    }

    /** Unique in this process; in the log and in the answer's X-Request-Id. */
    public String id() {
        return request.context().get(AccessLog.REQUEST_ID, String.class).orElse("-");
    }

    /** Calls {@code gone} should the client close its connection before the watch is closed. */
    public ClientWatch watch(Runnable gone) {
        WatchedConnection.current().client().awaitNothing();
        return WatchedConnection.current().watch(gone);
    }

    public void reply(JsonNode answer) {
        reply(200, answer);
    }

    /** The answer as server-sent events; nothing is sent before the first of them. */
    public EventStream events() {
        EventStream open = events;
        if (open == null) {
            open = new EventStream(response);
            events = open;
        }
        return open;
    }

    /** A page for a browser, which may load nothing and run nothing. */
    public void replyPage(String html) {
        response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
        header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        send(200, html.getBytes(StandardCharsets.UTF_8));
    }

    String path() {
        return request.path().path();
    }

    /** The path as a client may see it again and a log may hold it. */
    String shownPath() {
        return AccessLog.shown(request.path().rawPath());
    }

    String shownMethod() {
        return AccessLog.shown(request.prologue().method().text());
    }

    void header(String name, String value) {
        response.header(HeaderNames.create(name), value);
    }

    /** Closes the connection after this answer. */
    void endConnection() {
        response.header(HeaderValues.CONNECTION_CLOSE);
    }

    void finish() {
        if (events != null) {
            events.close();
        }
    }

    /** Tells the client of an error in a dialect's words. */
    void fail(Dialect dialect, ApiError error) {
        if (events != null && events.started()) {
            events.send(json -> Json.MAPPER.writeTree(json, dialect.error(error)));
            events.close();
            return;
        }
        error.retryAfter()
                .ifPresent(after ->
                        header("Retry-After", Long.toString(Math.max(1, Math.ceilDiv(after.toMillis(), 1000L)))));
        if (error.kind() == ApiError.Kind.UNSUPPORTED || error.kind() == ApiError.Kind.TIMED_OUT) {
            header("X-Should-Retry", "false"); // OpenAI's clients would try again
        }
        reply(dialect.status(error), dialect.error(error));
    }

    private void reply(int status, JsonNode answer) {
        response.header(JSON);
        send(status, Json.bytes(answer));
    }

    private void send(int status, byte[] body) {
        response.status(Status.create(status));
        response.header(NO_SNIFF);
        try {
            if (request.prologue().method().equals(Method.HEAD)) {
                response.headers().contentLength(body.length);
                response.send();
            } else {
                response.send(body);
            }
        } catch (UncheckedIOException e) {
            throw new ClientLeft(e);
        }
    }
}
