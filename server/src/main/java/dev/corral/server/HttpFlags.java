package dev.corral.server;

import dev.corral.engine.Range;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Origins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
            description = "A file with such keys, one a line.")
    @Nullable
    Path keyFile;

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
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_GRACE:-30}",
            description = "How long running requests may go on after SIGTERM (default: ${DEFAULT-VALUE}).")
    int grace = 30;

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
                allKeys(),
                Optional.ofNullable(origins).map(Origins::parse),
                Set.copyOf(allowedHosts),
                maxBody * 1024 * 1024);
    }

    Optional<Duration> beat() {
        BEAT.check("sse-ping-interval", beat);
        return beat > 0 ? Optional.of(Duration.ofSeconds(beat)) : Optional.empty();
    }

    Duration grace() {
        GRACE.check("grace", grace);
        return Duration.ofSeconds(grace);
    }

    private List<String> allKeys() {
        List<String> all = new ArrayList<>(keys);
        if (keyFile != null) {
            try {
                all.addAll(Files.readAllLines(keyFile, StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new BadFlag("the key file " + keyFile + " can't be read: " + e.getMessage());
            }
        }
        return all.stream().map(String::strip).filter(key -> !key.isEmpty()).toList();
    }
}
