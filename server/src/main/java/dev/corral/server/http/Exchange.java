package dev.corral.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

    private static final int NOT_MODIFIED = 304;

    private final ServerRequest request;
    private final ServerResponse response;
    private final RequestBody body;
    private @Nullable EventStream events;
    private @Nullable JsonLines lines;

    Exchange(ServerRequest request, ServerResponse response) {
        this.request = request;
        this.response = response;
        this.body = new RequestBody(request, this::endConnection);
    }

    /** The fields of the JSON object in the request's body, which is read once. */
    public Fields body() {
        return body.fields();
    }

    /**
     * The model that the request names, in its query or in its body, whatever form that has; what is no name counts as none.
     * The body can still be read afterwards.
     */
    public Optional<String> model() {
        Optional<String> queried = query("model").filter(name -> !name.isEmpty());
        if (queried.isPresent() || !request.prologue().method().equals(Method.POST)) {
            return queried;
        }
        return body.model();
    }

    /** Gives back the memory that the body took; nobody reads it any more. */
    void release() {
        body.release();
    }

    /** The objects of the JSON array that is the request's body. */
    public List<Fields> bodyObjects() {
        return body.objects();
    }

    /**
     * The parameters of the query and of the body, which may be a form, urlencoded or multipart, or a JSON object. Those of
     * the query and of forms are strings; where a name is given twice, the query goes first.
     */
    public Fields parameters() {
        ObjectNode all = body.parameters();
        for (String name : request.query().names()) {
            query(name).ifPresent(value -> all.put(name, value));
        }
        return new Fields(all);
    }

    /** The multipart form that is the request's body. */
    public MultipartForm form() {
        return body.form();
    }

    /** What a placeholder of the route's path stands for, percent-decoded. */
    public String path(String placeholder) {
        return request.path().pathParameters().get(placeholder);
    }

    /** Whether a parameter stands after the {@code ?}, with a value or without. */
    public boolean hasQuery(String name) {
        return request.query().contains(name);
    }

    public Optional<String> query(String name) {
        return request.query().first(name).asOptional();
    }

    /** The value of a cookie that the client sent. */
    public Optional<String> cookie(String name) {
        return request.headers().cookies().first(name).asOptional();
    }

    /**
     * Gives the client a cookie with the answer, for as long as its session lasts and for all paths; pages of other sites
     * get it only by TLS, as browsers want it. Without effect once a stream has begun.
     *
     * @param value of characters that need no quotes
     */
    public void setCookie(String name, String value) {
        if (events == null || !events.started()) {
            String sites = request.isSecure() ? "; SameSite=None; Secure" : "; SameSite=Lax";
            response.headers()
                    .add(HeaderValues.create("Set-Cookie", name + "=" + value + "; Path=/; HttpOnly" + sites));
        }
    }

    /** Whom the request is counted to; the same for every request with one API key. */
    public String caller() {
        return request.context()
                .get(ApiKeys.CALLER, Caller.class)
                .map(Caller::name)
                .orElse("");
    }

    /** Whether the request may be answered with what only those with a key may know; on routes that need one, always. */
    public boolean isAdmitted() {
        return request.context().get(ApiKeys.STRANGER, Boolean.class).isEmpty();
    }

    /** Counts tokens, of a prompt or generated, to the caller. */
    public void spend(int tokens) {
        request.context().get(ApiKeys.CALLER, Caller.class).ifPresent(caller -> caller.spend(tokens));
    }

    /** The client's own, or one that is new; in the log and in the answer's X-Request-Id. */
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

    /** A text for a program, in a format of its own. */
    public void replyText(String contentType, String text) {
        response.header(HeaderNames.CONTENT_TYPE, contentType);
        send(200, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The answer as lines of JSON; nothing is sent before the first of them. */
    public JsonLines lines() {
        JsonLines open = lines;
        if (open == null) {
            open = new JsonLines(response);
            lines = open;
        }
        return open;
    }

    /** A page for a browser, which may load nothing and run nothing. */
    public void replyPage(String html) {
        replyPage(html, "");
    }

    /** A page for a browser, which may run scripts of this server and call it, and nothing else. */
    public void replyLivePage(String html) {
        replyPage(html, "script-src 'self'; connect-src 'self' ws: wss:; ");
    }

    /** A script of such a page. */
    public void replyScript(String script) {
        response.header(HeaderNames.CONTENT_TYPE, "text/javascript; charset=utf-8");
        send(200, script.getBytes(StandardCharsets.UTF_8));
    }

    private void replyPage(String html, String policy) {
        response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
        header(
                "Content-Security-Policy",
                "default-src 'none'; " + policy + "style-src 'unsafe-inline'; frame-ancestors 'none'");
        send(200, html.getBytes(StandardCharsets.UTF_8));
    }

    /** A file, in the smallest form that the client takes; nothing where it has it already. */
    public void reply(StaticFile file, Map<String, String> headers) {
        headers.forEach(this::header);
        StaticFile.Representation chosen = file.accepting(
                request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse(""));
        header("Cache-Control", file.cacheControl());
        header("ETag", chosen.tag());
        header("Vary", "Origin, Accept-Encoding");
        boolean known = request.headers()
                .first(HeaderNames.IF_NONE_MATCH)
                .filter(tags -> tags.contains(chosen.tag()))
                .isPresent();
        if (known) {
            send(NOT_MODIFIED, new byte[0]);
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, file.type());
        chosen.encoding().ifPresent(encoding -> header("Content-Encoding", encoding));
        send(200, chosen.bytes());
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

    public void header(String name, String value) {
        response.header(HeaderNames.create(name), value);
    }

    /** Closes the connection after this answer. */
    void endConnection() {
        response.header(HeaderValues.CONNECTION_CLOSE);
    }

    /** Ends a stream's answer. */
    void finish() {
        leave();
        if (events != null) {
            events.close();
        }
        if (lines != null) {
            lines.close();
        }
    }

    /** From here on its caller may send another request; called before the client can know that it may. */
    private void leave() {
        request.context().get(ApiKeys.VISIT, Caller.Visit.class).ifPresent(Caller.Visit::close);
    }

    /** Tells the client of an error in a dialect's words. */
    void fail(Dialect dialect, ApiError error) {
        leave();
        EventStream.Data told = json -> json.writeTree(dialect.error(error));
        EventStream stream = events;
        if (stream != null && stream.started()) {
            dialect.errorEvent().ifPresentOrElse(type -> stream.send(type, told), () -> stream.send(told));
            stream.close();
            return;
        }
        if (lines != null && lines.started()) {
            lines.send(told);
            lines.close();
            return;
        }
        error.retryAfter()
                .ifPresent(after ->
                        header("Retry-After", Long.toString(Math.max(1, Math.ceilDiv(after.toMillis(), 1000L)))));
        if (error.kind() == ApiError.Kind.UNSUPPORTED || error.kind() == ApiError.Kind.TIMED_OUT) {
            header("X-Should-Retry", "false"); // OpenAI's and Anthropic's clients would try again
        }
        reply(dialect.status(error), dialect.error(error));
    }

    private void reply(int status, JsonNode answer) {
        response.header(JSON);
        send(status, Json.bytes(answer));
    }

    private void send(int status, byte[] body) {
        leave();
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
