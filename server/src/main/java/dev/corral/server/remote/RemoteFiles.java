package dev.corral.server.remote;

import dev.corral.engine.InvalidRequestException;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.http1.Http1Client;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The files of one request that are on other servers. Together they are limited in bytes and in time.
 *
 * <p>Used by the request's thread only.
 */
public final class RemoteFiles {

    /** Of all files of a request. */
    static final int MAX_BYTES = 64 << 20;

    static final int MAX_REDIRECTS = 3;

    private static final Duration TIME = Duration.ofSeconds(20);
    private static final Duration CONNECT_TIME = Duration.ofSeconds(5);

    /** How many files are fetched at once, by all requests. */
    private static final Semaphore AT_ONCE = new Semaphore(32);

    private final RemoteHosts hosts;
    private final long deadline;
    private int bytesLeft = MAX_BYTES;

    /** What a server answered: a file, or where else to ask. */
    private sealed interface Answer {
        record File(byte[] bytes) implements Answer {}

        record Elsewhere(URI address) implements Answer {}

        record None(String why) implements Answer {}
    }

    public RemoteFiles(RemoteHosts hosts) {
        this(hosts, TIME);
    }

    /** @param time that all files together may take */
    RemoteFiles(RemoteHosts hosts, Duration time) {
        this.hosts = hosts;
        this.deadline = System.nanoTime() + time.toNanos();
    }

    /**
     * Fetches a file.
     *
     * @param field what the request calls it
     * @throws InvalidRequestException when it may not be fetched, or can't be
     * @throws ApiException when too many are being fetched
     */
    public byte[] fetch(String field, URI address) throws InterruptedException {
        if (!hosts.any()) {
            throw invalid(
                    field,
                    address,
                    "must be a data: URL with base64, since this server fetches nothing from elsewhere");
        }
        if (!AT_ONCE.tryAcquire(nanosLeft(), TimeUnit.NANOSECONDS)) {
            throw new ApiException(ApiError.Kind.BUSY, "too many files are being fetched from elsewhere");
        }
        try {
            byte[] file = follow(field, address);
            bytesLeft -= file.length;
            return file;
        } finally {
            AT_ONCE.release();
        }
    }

    private byte[] follow(String field, URI first) throws InterruptedException {
        URI address = first;
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            RemoteHosts.Trust trust = hosts.trust(address)
                    .orElseThrow(() -> invalid(
                            field, first, "must be on a host that this server may fetch from, by http or https"));
            switch (inTime(address, trust)) {
                case Answer.File(byte[] bytes) -> {
                    return bytes;
                }
                case Answer.Elsewhere(URI next) -> address = next;
                case Answer.None(String why) -> throw invalid(field, first, "must be what can be fetched; " + why);
            }
        }
        throw invalid(field, first, "must be what can be fetched; there are more than " + MAX_REDIRECTS + " redirects");
    }

    /** Asks on a thread of its own, whose interruption ends whatever it waits for. */
    private Answer inTime(URI address, RemoteHosts.Trust trust) throws InterruptedException {
        FutureTask<Answer> asking = new FutureTask<>(() -> ask(address, trust));
        Thread.ofVirtual().name("fetch").start(asking);
        try {
            return asking.get(nanosLeft(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return new Answer.None("it did not come in time");
        } catch (ExecutionException e) {
            return new Answer.None(
                    e.getCause() instanceof RemoteAddress.NoAddress none
                            ? String.valueOf(none.getMessage())
                            : "its host did not answer as it should");
        } finally {
            asking.cancel(true);
        }
    }

    private Answer ask(URI address, RemoteHosts.Trust trust) throws IOException {
        Http1Client client = Http1Client.builder()
                .followRedirects(false)
                .proxy(Proxy.noProxy())
                .shareConnectionCache(false)
                .keepAlive(false)
                .servicesDiscoverServices(false)
                .connectTimeout(CONNECT_TIME)
                .readTimeout(Duration.ofNanos(nanosLeft()))
                .dnsResolver(new RemoteAddress(trust))
                .build();
        try (HttpClientResponse response = client.get()
                .uri(address)
                .header(HeaderNames.ACCEPT, "image/*, audio/*")
                .header(HeaderNames.USER_AGENT, "corral")
                .request()) {
            int status = response.status().code();
            return switch (status) {
                case 200 -> read(response);
                case 301, 302, 303, 307, 308 -> elsewhere(address, response);
                default -> new Answer.None("its host answered with status " + status);
            };
        } finally {
            client.closeResource();
        }
    }

    private Answer read(HttpClientResponse response) throws IOException {
        if (response.headers().contentLength().orElse(0) > bytesLeft) {
            return tooLarge();
        }
        try (InputStream in = response.inputStream()) {
            byte[] bytes = in.readNBytes(bytesLeft);
            return bytes.length == bytesLeft && in.read() >= 0 ? tooLarge() : new Answer.File(bytes);
        }
    }

    private static Answer tooLarge() {
        return new Answer.None("a request's files have at most " + MAX_BYTES + " bytes");
    }

    private static Answer elsewhere(URI address, HttpClientResponse response) {
        Optional<String> location = response.headers().first(HeaderNames.LOCATION);
        try {
            return location.<Answer>map(next -> new Answer.Elsewhere(address.resolve(next)))
                    .orElse(new Answer.None("its host sends elsewhere without saying where"));
        } catch (IllegalArgumentException e) {
            return new Answer.None("its host sends to what is no address");
        }
    }

    private long nanosLeft() {
        return Math.max(1, deadline - System.nanoTime());
    }

    private static InvalidRequestException invalid(String field, URI address, String rule) {
        return new InvalidRequestException(field, address.toString(), rule);
    }
}
