package dev.corral.server.flags;

import dev.corral.engine.Range;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.KeyLimits;
import dev.corral.server.http.KeySettings;
import dev.corral.server.http.Origins;
import dev.corral.server.http.PathPrefixes;
import dev.corral.server.http.PemFiles;
import dev.corral.server.http.TimeLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say how the server is reached, and by whom. */
final class HttpFlags {

    private static final Range PORT = Range.of(0, 65_535);
    private static final Range TIMEOUT = Range.of(1, 1_000_000);
    private static final Range BEAT = Range.atLeast(-1);
    private static final Range GRACE = Range.of(0, 86_400);
    private static final Range MEBIBYTES = Range.of(1, 1_024);

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "${LLAMA_ARG_HOST:-127.0.0.1}",
            description = "Address to listen on; 0.0.0.0 for all (default: ${DEFAULT-VALUE}).")
    String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "${LLAMA_ARG_PORT:-8080}",
            description = "Port to listen on; 0 for any free one (default: ${DEFAULT-VALUE}).")
    int port = 8080;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = ",",
            defaultValue = "${LLAMA_API_KEY}",
            description = "A key that requests must carry; may be given several times.")
    List<String> keys = new ArrayList<>();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_API_KEY_FILE}",
            description = "A file with such keys, one a line, each with limits of its own if it likes: "
                    + "KEY rpm=60 tpm=20000 concurrent=4. It is read again when it changes.")
    @Nullable
    Path keyFile;

    @Option(
            names = "--key-rpm",
            paramLabel = "N",
            defaultValue = "${CORRAL_KEY_RPM:-0}",
            description = "Requests a minute that one key may send; 0 for any number (default: ${DEFAULT-VALUE}).")
    int keyRequests;

    @Option(
            names = "--key-tpm",
            paramLabel = "N",
            defaultValue = "${CORRAL_KEY_TPM:-0}",
            description = "Tokens a minute, read and generated, that one key may use; 0 for any number "
                    + "(default: ${DEFAULT-VALUE}).")
    int keyTokens;

    @Option(
            names = "--key-concurrent",
            paramLabel = "N",
            defaultValue = "${CORRAL_KEY_CONCURRENT:-0}",
            description = "Requests at once that one key may have; 0 for any number (default: ${DEFAULT-VALUE}).")
    int keyConcurrent;

    @Option(
            names = "--ssl-key-file",
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_SSL_KEY_FILE}",
            description = "A private key in PEM, to answer by HTTPS.")
    @Nullable
    Path tlsKey;

    @Option(
            names = "--ssl-cert-file",
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_SSL_CERT_FILE}",
            description = "The certificate that belongs to it, in PEM.")
    @Nullable
    Path tlsCertificate;

    @Option(
            names = "--cors-origins",
            paramLabel = "ORIGINS",
            defaultValue = "${LLAMA_ARG_CORS_ORIGINS}",
            description = "Which web pages may call the server: *, localhost, or origins with commas between them "
                    + "(default: localhost on a loopback address, * elsewhere).")
    @Nullable
    String origins;

    @Option(
            names = "--allow-host",
            paramLabel = "NAME",
            split = ",",
            description = "A name besides localhost under which a server on a loopback address may be called, "
                    + "as behind a proxy.")
    List<String> allowedHosts = new ArrayList<>();

    @Option(
            names = {"-to", "--timeout"},
            paramLabel = "SECONDS",
            defaultValue = "${LLAMA_ARG_TIMEOUT:-3600}",
            description = "How long a request may take (default: ${DEFAULT-VALUE}).")
    int timeout = 3600;

    @Option(
            names = "--sse-ping-interval",
            paramLabel = "SECONDS",
            defaultValue = "${LLAMA_ARG_SSE_PING_INTERVAL:-30}",
            description =
                    "After how long a silence a stream sends a comment; -1 for never (default: ${DEFAULT-VALUE}).")
    int beat = 30;

    @Option(
            names = "--max-body",
            paramLabel = "MIB",
            defaultValue = "${CORRAL_MAX_BODY:-32}",
            description = "Largest request, in MiB (default: ${DEFAULT-VALUE}).")
    int maxBody = 32;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "${CORRAL_MAX_CONNECTIONS:-4096}",
            description = "Connections that may be open at once (default: ${DEFAULT-VALUE}).")
    int maxConnections = HttpSettings.MAX_CONNECTIONS;

    @Option(
            names = "--head-timeout",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_HEAD_TIMEOUT:-20}",
            description = "How long a client may take to send a request's head (default: ${DEFAULT-VALUE}).")
    int headTimeout = 20;

    @Option(
            names = "--body-timeout",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_BODY_TIMEOUT:-120}",
            description = "How long it may take to send the body (default: ${DEFAULT-VALUE}).")
    int bodyTimeout = 120;

    @Option(
            names = "--idle-timeout",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_IDLE_TIMEOUT:-120}",
            description = "How long a connection may be open between requests (default: ${DEFAULT-VALUE}).")
    int idleTimeout = 120;

    @Option(
            names = "--stall-timeout",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_STALL_TIMEOUT:-60}",
            description = "How long a client may stop reading its answer before it is given up "
                    + "(default: ${DEFAULT-VALUE}).")
    int stallTimeout = 60;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_GRACE:-30}",
            description = "How long running requests may go on after SIGTERM (default: ${DEFAULT-VALUE}).")
    int grace = 30;

    @Option(
            names = "--api-prefix",
            paramLabel = "PATH",
            split = ",",
            defaultValue = "${LLAMA_ARG_API_PREFIX}",
            description = "A path under which every route is found, too, such as /api; may be given several times. "
                    + "/vm/ANYTHING always is one.")
    List<String> prefixes = new ArrayList<>();

    HttpSettings toSettings() {
        PORT.check("port", port);
        TIMEOUT.check("timeout", timeout);
        MEBIBYTES.check("max-body", maxBody);
        if (host.contains(",") || host.endsWith(".sock")) {
            throw new BadFlag("--host must be one address, but is " + host);
        }
        return new HttpSettings(
                host,
                port,
                tls(),
                keySettings(),
                Optional.ofNullable(origins).map(Origins::parse),
                Set.copyOf(allowedHosts),
                maxBody * 1024 * 1024,
                maxConnections,
                new TimeLimits(
                        seconds("head-timeout", headTimeout),
                        seconds("body-timeout", bodyTimeout),
                        seconds("idle-timeout", idleTimeout),
                        seconds("stall-timeout", stallTimeout)),
                pathPrefixes());
    }

    Optional<Duration> beat() {
        BEAT.check("sse-ping-interval", beat);
        return beat > 0 ? Optional.of(Duration.ofSeconds(beat)) : Optional.empty();
    }

    Duration grace() {
        GRACE.check("grace", grace);
        return Duration.ofSeconds(grace);
    }

    private PathPrefixes pathPrefixes() {
        try {
            return PathPrefixes.of(prefixes);
        } catch (IllegalArgumentException e) {
            throw new BadFlag("--api-prefix: " + e.getMessage());
        }
    }

    private KeySettings keySettings() {
        KeySettings settings = new KeySettings(
                keys.stream().map(String::strip).filter(key -> !key.isEmpty()).toList(),
                Optional.ofNullable(keyFile),
                new KeyLimits(keyRequests, keyTokens, keyConcurrent));
        try {
            settings.check();
        } catch (IOException e) {
            throw new BadFlag("the key file " + keyFile + " can't be read: " + e.getMessage());
        }
        return settings;
    }

    private Optional<PemFiles> tls() {
        Path key = tlsKey;
        Path certificate = tlsCertificate;
        if (key == null && certificate == null) {
            return Optional.empty();
        }
        if (key == null || certificate == null) {
            throw new BadFlag("--ssl-key-file and --ssl-cert-file go together");
        }
        PemFiles files = new PemFiles(key, certificate);
        try {
            files.check();
        } catch (IOException e) {
            throw new BadFlag("TLS is not possible: " + e.getMessage());
        }
        return Optional.of(files);
    }

    private static Duration seconds(String name, int value) {
        return Duration.ofSeconds(TIMEOUT.check(name, value));
    }
}
