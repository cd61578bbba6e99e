package dev.corral.server.page;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.http.StaticFile;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The chat page: files of {@code webapp/}, none of which needs an API key. The page itself asks for one when the routes that
 * it calls do.
 *
 * <pre>{@code
 * curl localhost:8080/
 * }</pre>
 */
public final class ChatPage implements Dialect {

    /** Only what comes from this server runs, is loaded, or is connected to; and text becomes HTML only through named policies. */
    private static final String POLICY = String.join(
            "; ",
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types dompurify svelte-trusted-html corral");

    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy", POLICY,
            "Cross-Origin-Opener-Policy", "same-origin",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()",
            "Referrer-Policy", "no-referrer",
            "X-Frame-Options", "DENY");

    private static final List<String> NAMED = List.of("worker.js", "corral.webmanifest", "icon.svg");
    private static final String ASSETS = "/assets/";

    private static final String NOT_BUILT = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Corral</title>
            <p>Corral is running. Its chat page is not part of this build: <code>./scripts/serve</code> builds it where
            Node.js 18 or later is installed. What the server answers is described at <a href="docs">/docs</a>.</p>
            </html>
            """;

    private final PageFiles files;

    public ChatPage() {
        this(PageFiles.built());
    }

    ChatPage(PageFiles files) {
        this.files = files;
    }

    @Override
    public void routes(Routes routes) {
        routes.getOpen("/", RouteDoc.of("The chat page").page(), this::index);
        for (String name : NAMED) {
            routes.getOpen(
                    "/" + name,
                    RouteDoc.of("A file of the chat page").file(),
                    exchange -> send(exchange, files.named(name), "/" + name));
        }
        routes.getOpen(ASSETS + "{id}", RouteDoc.of("A file of the chat page").file(), this::asset);
    }

    @Override
    public boolean speaks(String path) {
        return path.startsWith(ASSETS);
    }

    @Override
    public ObjectNode error(ApiError error) {
        ObjectNode body = Json.object();
        body.putObject("error").put("code", error.kind().status()).put("message", error.message());
        return body;
    }

    private void index(Exchange exchange) {
        Optional<StaticFile> index = files.index();
        if (index.isPresent()) {
            exchange.reply(index.get(), HEADERS);
        } else {
            exchange.replyPage(NOT_BUILT);
        }
    }

    private void asset(Exchange exchange) {
        String name = exchange.path("id");
        send(exchange, files.asset(name), ASSETS + name);
    }

    private static void send(Exchange exchange, Optional<StaticFile> file, String path) {
        exchange.reply(
                file.orElseThrow(() -> new ApiException(ApiError.Kind.NOT_FOUND, "there is nothing at " + path)),
                HEADERS);
    }
}
