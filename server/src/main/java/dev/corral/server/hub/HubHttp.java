package dev.corral.server.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests to the hub and to where it sends them. The token goes to the hub only; nothing leads from https to http.
 *
 * <p>Ownership: whoever opened it closes it. Thread-safe.
 */
final class HubHttp implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final Duration HEADERS = Duration.ofSeconds(60);
    private static final int MOST_REDIRECTS = 10;
    private static final int REDIRECTS = 300;
    private static final int ERRORS = 400;

    /**
     * An answer, after redirects.
     *
     * @param chain every answer on the way, the last one too
     */
    record Answer(HttpResponse<InputStream> last, List<HttpResponse<InputStream>> chain) {

        int status() {
            return last.statusCode();
        }

        /** The first value on the way: what the hub says of a file, rather than what keeps it. */
        Optional<String> first(String header) {
            return chain.stream()
                    .flatMap(response -> response.headers().firstValue(header).stream())
                    .findFirst();
        }

        Optional<String> header(String name) {
            return last.headers().firstValue(name);
        }
    }

    private final HubSettings settings;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    HubHttp(HubSettings settings) {
        this.settings = settings;
    }

    /**
     * Gets what is there. The caller closes the body.
     *
     * @throws IOException when there is no answer, or none that leads anywhere
     */
    Answer get(URI address, Map<String, String> headers) throws IOException, InterruptedException {
        List<HttpResponse<InputStream>> chain = new ArrayList<>();
        URI next = address;
        while (chain.size() <= MOST_REDIRECTS) {
            HttpResponse<InputStream> response =
                    client.send(request(next, headers), HttpResponse.BodyHandlers.ofInputStream());
            chain.add(response);
            Optional<String> location = response.headers().firstValue("location");
            int status = response.statusCode();
            if (status < REDIRECTS || status >= ERRORS || location.isEmpty()) {
                return new Answer(response, chain);
            }
            response.body().close();
            next = follow(next, location.get());
        }
        throw new IOException(address.getHost() + " redirects in a circle");
    }

    private HttpRequest request(URI address, Map<String, String> headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address).timeout(HEADERS).header("User-Agent", "corral");
        headers.forEach(request::header);
        if (isHub(address)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    private static URI follow(URI from, String location) throws IOException {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException(from.getHost() + " redirects to no address", e);
        }
        boolean plain = "http".equalsIgnoreCase(to.getScheme());
        if (to.getHost() == null || !(plain || "https".equalsIgnoreCase(to.getScheme()))) {
            throw new IOException(from.getHost() + " redirects to no address");
        }
        if (plain && "https".equalsIgnoreCase(from.getScheme())) {
            throw new IOException(from.getHost() + " redirects from https to http, which is not followed");
        }
        return to;
    }

    private boolean isHub(URI address) {
        URI hub = settings.endpoint();
        return hub.getScheme().equalsIgnoreCase(address.getScheme())
                && hub.getHost().equalsIgnoreCase(address.getHost())
                && port(hub) == port(address);
    }

    private static int port(URI address) {
        return address.getPort() >= 0 ? address.getPort() : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
    }

    /** Why an answer is no success, for a person. */
    HubException refusal(Answer answer, String what) {
        String said =
                answer.first("x-error-message").map(message -> ": " + message).orElse("");
        return new HubException(
                switch (answer.status()) {
                    case 401, 403 ->
                        what + " can't be read" + (settings.token().isPresent() ? " with this token" : "") + said
                                + ". It may not exist, or it may need a token of somebody who was granted access:"
                                + " --hf-token or HF_TOKEN";
                    case 404 -> what + " does not exist" + said;
                    case 429 -> "the hub has had too many requests; try again later" + said;
                    default -> what + " can't be read: HTTP " + answer.status() + said;
                });
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
