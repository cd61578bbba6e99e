package dev.corral.server.http;

import io.helidon.http.Method;
import io.helidon.webserver.http.HttpRouting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The table of every route of every dialect. A path's first dialect keeps it; a known path with another method answers
 * 405, an unknown path 404, each in the words of the dialect that speaks there.
 *
 * <p>Filled before the server starts, by one thread; constant afterwards.
 */
public final class Routes {

    /** Answers one request. */
    @FunctionalInterface
    public interface Handler {
        void handle(Exchange exchange) throws InterruptedException;
    }

    /**
     * One line of the table.
     *
     * @param path as Helidon matches it: {@code {id}} stands for one segment, {@code {+id}} for the rest
     * @param open answered without an API key
     * @param doc what people may know of it; empty where nothing was said
     */
    public record Route(
            Method method, String path, boolean open, Dialect dialect, Optional<RouteDoc> doc, Handler handler) {

        /** Such as {@code POST}. */
        public String verb() {
            return method.text();
        }
    }

    /** Says whose table answers a request, where several have the same routes: one for each model. */
    public interface Chooser {

        /** Whether a route is about no model in particular. */
        boolean isOfAll(Route route);

        /** Runs {@code answer} with the table that is meant. */
        void choose(Exchange exchange, Answer answer) throws InterruptedException;
    }

    /** Answers by a table. */
    @FunctionalInterface
    public interface Answer {
        void by(Routes chosen) throws InterruptedException;
    }

    /** Under which a request's context has the route that answers it. */
    static final Object ROUTE = new Object();

    private static final Pattern FILE_NAME = Pattern.compile("\\w[\\w-]*(\\.[\\w-]+)*");

    /** What one dialect answers on a path of another. */
    private record Claim(Predicate<Fields> meant, Dialect dialect, Handler handler) {}

    private final List<Dialect> dialects;
    private final PathPrefixes prefixes;
    private final Map<String, Route> table = new LinkedHashMap<>();
    private final Map<String, WebSocketRoute> sockets = new LinkedHashMap<>();
    private final Map<String, List<Claim>> claims = new HashMap<>();
    private final Map<String, List<Claim>> unloaded = new HashMap<>();
    private final Optional<Chooser> chooser;
    private Dialect current;

    /** @param dialects in order of precedence; the last one speaks wherever no other does */
    public Routes(List<? extends Dialect> dialects) {
        this(dialects, PathPrefixes.STANDARD);
    }

    /**
     * @param dialects in order of precedence; the last one speaks wherever no other does
     * @param prefixes under what each route is found besides its own path
     */
    public Routes(List<? extends Dialect> dialects, PathPrefixes prefixes) {
        this(dialects, prefixes, Optional.empty());
    }

    private Routes(List<? extends Dialect> dialects, PathPrefixes prefixes, Optional<Chooser> chooser) {
        this.chooser = chooser;
        this.prefixes = prefixes;
        this.dialects = List.copyOf(dialects);
        this.current = this.dialects.getLast();
        for (Dialect dialect : this.dialects) {
            current = dialect;
            dialect.routes(this);
        }
    }

    /**
     * A table that stands for several with the same routes.
     *
     * @param dialects whose routes they are
     */
    public static Routes choosing(List<? extends Dialect> dialects, PathPrefixes prefixes, Chooser chooser) {
        return new Routes(dialects, prefixes, Optional.of(chooser));
    }

    public Routes get(String path, Handler handler) {
        return add(Method.GET, path, false, Optional.empty(), handler);
    }

    public Routes get(String path, RouteDoc doc, Handler handler) {
        return add(Method.GET, path, false, Optional.of(doc), handler);
    }

    public Routes post(String path, Handler handler) {
        return add(Method.POST, path, false, Optional.empty(), handler);
    }

    public Routes post(String path, RouteDoc doc, Handler handler) {
        return add(Method.POST, path, false, Optional.of(doc), handler);
    }

    public Routes delete(String path, RouteDoc doc, Handler handler) {
        return add(Method.DELETE, path, false, Optional.of(doc), handler);
    }

    /**
     * Answers those requests to another dialect's path that are meant for this one.
     *
     * @param meant whether a request is, by the fields of its body, whose types nobody has checked
     */
    public Routes postWhere(String path, Predicate<Fields> meant, Handler handler) {
        claims.computeIfAbsent(path, _ -> new ArrayList<>()).add(new Claim(meant, current, handler));
        return this;
    }

    /**
     * Answers those requests that name a model without needing it: where there are several, it is not loaded for them.
     *
     * @param meant as in {@link #postWhere}
     */
    public Routes postWithoutModel(String path, Predicate<Fields> meant, Handler handler) {
        unloaded.computeIfAbsent(path, _ -> new ArrayList<>()).add(new Claim(meant, current, handler));
        return this;
    }

    /** A GET that needs no API key. */
    public Routes getOpen(String path, RouteDoc doc, Handler handler) {
        return add(Method.GET, path, true, Optional.of(doc), handler);
    }

    /**
     * A path at which clients may talk by WebSocket; a GET that is no upgrade is refused there.
     *
     * @param conversation runs for each client
     */
    public Routes webSocket(String path, RouteDoc doc, WebSocket.Conversation conversation) {
        sockets.putIfAbsent(path, new WebSocketRoute(path, conversation));
        return get(path, doc, _ -> {
            throw new ApiException(ApiError.Kind.NOT_UPGRADED, path + " must be opened as a WebSocket, version 13");
        });
    }

    /** What is talked about by WebSocket at a path. */
    Optional<WebSocketRoute> webSocketAt(String path) {
        return Optional.ofNullable(sockets.get(prefixes.strip(path)));
    }

    /** Every route, in the order in which they were added. */
    public List<Route> all() {
        return List.copyOf(table.values());
    }

    /** Whether a path is answered without an API key. */
    boolean isOpen(String path) {
        String plain = prefixes.strip(path);
        return table.values().stream().anyMatch(route -> route.open() && covers(route.path(), plain));
    }

    /** Whether an open route's path stands for a path; a placeholder at its end for a plain file name only. */
    private static boolean covers(String open, String path) {
        if (!open.endsWith("{id}")) {
            return open.equals(path);
        }
        String folder = open.substring(0, open.length() - "{id}".length());
        return path.startsWith(folder)
                && FILE_NAME.matcher(path.substring(folder.length())).matches();
    }

    /** Who tells errors on this path. */
    Dialect speakingAt(String path) {
        String plain = prefixes.strip(path);
        return dialects.stream()
                .filter(dialect -> dialect.speaks(plain))
                .findFirst()
                .orElse(dialects.getLast());
    }

    void install(HttpRouting.Builder routing, RequestGuard guard) {
        install(routing, guard, "");
        prefixes.patterns().forEach(prefix -> install(routing, guard, prefix));
        routing.any((request, response) -> {
            Exchange exchange = new Exchange(request, response);
            guard.run(exchange, speakingAt(exchange.path()), _ -> {
                throw new ApiException(ApiError.Kind.NOT_FOUND, "there is nothing at " + exchange.shownPath());
            });
        });
    }

    private void install(HttpRouting.Builder routing, RequestGuard guard, String prefix) {
        for (Route route : table.values()) {
            Handler handler = handlerOf(route, guard);
            io.helidon.webserver.http.Handler guarded = (request, response) -> {
                request.context().register(ROUTE, prefix + route.path());
                guard.run(new Exchange(request, response), route.dialect(), handler);
            };
            routing.route(route.method(), prefix + route.path(), guarded);
            if (route.method().equals(Method.GET)) {
                routing.route(Method.HEAD, prefix + route.path(), guarded);
            }
        }
        for (String path : paths()) {
            routing.any(
                    prefix + path,
                    (request, response) -> guard.run(
                            new Exchange(request, response), ownerOf(path), exchange -> refuse(exchange, path)));
        }
    }

    private Handler handlerOf(Route route, RequestGuard guard) {
        if (chooser.isEmpty() || chooser.get().isOfAll(route)) {
            return claimedHandlerOf(route, guard);
        }
        String key = key(route.method(), route.path());
        Handler chosenHandler = exchange -> chooser.get().choose(exchange, chosen -> {
            Route same = chosen.table.get(key);
            if (same == null) {
                throw new IllegalStateException("a model without " + key);
            }
            chosen.claimedHandlerOf(same, guard).handle(exchange);
        });
        return claimed(route, unloaded, chosenHandler, guard);
    }

    private Handler claimedHandlerOf(Route route, RequestGuard guard) {
        return claimed(route, claims, route.handler(), guard);
    }

    /** The body says whose request it is. */
    private static Handler claimed(
            Route route, Map<String, List<Claim>> claims, Handler otherwise, RequestGuard guard) {
        List<Claim> others = claims.getOrDefault(route.path(), List.of());
        if (others.isEmpty() || !route.method().equals(Method.POST)) {
            return otherwise;
        }
        return exchange -> {
            Fields body = exchange.body();
            for (Claim other : others) {
                if (other.meant().test(body)) {
                    guard.run(exchange, other.dialect(), other.handler());
                    return;
                }
            }
            otherwise.handle(exchange);
        };
    }

    private void refuse(Exchange exchange, String path) {
        String methods = table.values().stream()
                .filter(route -> route.path().equals(path))
                .map(route -> route.method().equals(Method.GET)
                        ? "GET, HEAD"
                        : route.method().text())
                .collect(Collectors.joining(", "));
        exchange.header("Allow", methods);
        throw new ApiException(
                ApiError.Kind.METHOD_NOT_ALLOWED,
                exchange.shownPath() + " answers " + methods + ", not " + exchange.shownMethod());
    }

    private Set<String> paths() {
        return table.values().stream().map(Route::path).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private Dialect ownerOf(String path) {
        return table.values().stream()
                .filter(route -> route.path().equals(path))
                .findFirst()
                .orElseThrow()
                .dialect();
    }

    private Routes add(Method method, String path, boolean open, Optional<RouteDoc> doc, Handler handler) {
        table.putIfAbsent(key(method, path), new Route(method, path, open, current, doc, handler));
        return this;
    }

    private static String key(Method method, String path) {
        return method.text() + " " + path;
    }

    /** The list of routes a person reads, one a line. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        table.values().forEach(route -> lines.add(route.method().text() + " " + route.path()));
        return String.join("\n", lines);
    }
}
