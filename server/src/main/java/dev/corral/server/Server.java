package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.RequestTracer;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import dev.corral.server.operations.MeteredEngine;
import dev.corral.server.operations.Operations;
import dev.corral.server.operations.RequestMeter;
import dev.corral.server.page.ChatPage;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All dialects on one port, before an engine that comes when it is ready: until then every request learns that the model
 * is loading. A server of {@link SeveralModels} has none of its own.
 *
 * <p>Ownership: the server closes the engine that it was given. Thread-safe.
 */
public final class Server implements AutoCloseable {

    private final ModelGate gate;
    private final Ports ports;
    private final Dialects dialects;
    private final RequestMeter meter;
    private final Optional<Tracing> tracing;
    private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();

    private Server(ModelGate gate, Ports ports, Dialects dialects, RequestMeter meter, Optional<Tracing> tracing) {
        this.gate = gate;
        this.ports = ports;
        this.dialects = dialects;
        this.meter = meter;
        this.tracing = tracing;
    }

    /**
     * Starts to listen, without an engine.
     *
     * @param aliases what clients may call the model besides its name
     * @throws IOException when the host is unknown, the port is taken, or a file of keys or for TLS can't be used
     */
    public static Server listen(HttpSettings http, Defaults defaults, List<String> aliases) throws IOException {
        return listen(http, defaults, aliases, DialectSettings.STANDARD);
    }

    static Server listen(HttpSettings http, Defaults defaults, List<String> aliases, DialectSettings settings)
            throws IOException {
        return listen(http, defaults, aliases, settings, Optional.empty());
    }

    /** @param tracing told of every request, and closed with the server */
    static Server listen(
            HttpSettings http,
            Defaults defaults,
            List<String> aliases,
            DialectSettings settings,
            Optional<Tracing> tracing)
            throws IOException {
        ModelGate gate = new ModelGate();
        RequestMeter meter = new RequestMeter();
        Operations operations = new Operations(gate, meter);
        Dialects dialects = new Dialects(gate, defaults, aliases, settings);
        Routes routes = new Routes(dialects.behind(new ChatPage(), operations), http.prefixes());
        Ports ports = Ports.open(
                http,
                settings.ports(),
                tracing.isPresent() ? tracing.get() : RequestTracer.NONE,
                routes,
                name -> new Routes(
                        Dialects.isAsItsOriginal(name)
                                ? List.of(dialects.alone(name))
                                : List.of(operations, dialects.alone(name)),
                        http.prefixes()));
        return new Server(gate, ports, dialects, meter, tracing);
    }

    /** Answers requests with this engine from now on. */
    public void serve(Engine loaded) {
        engine.set(loaded);
        try {
            dialects.warmUp(loaded);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Engine traced = tracing.map(spans -> spans.of(loaded)).orElse(loaded);
        gate.open(new MeteredEngine(traced, meter));
    }

    /** Where it listens. */
    public URI address() {
        return ports.listener().address();
    }

    /** Where else it listens, by the dialect that is served there alone. */
    public Map<String, URI> otherAddresses() {
        return ports.otherAddresses();
    }

    /** Every route that is served. */
    public Routes routes() {
        return ports.routes();
    }

    /**
     * Ends in order: no new request is served from now on, those that run may finish for as long as {@code grace},
     * then what still runs is told that the server ends. Idempotent.
     *
     * @return true when everything that ran could finish
     */
    public boolean shutDown(Duration grace) throws InterruptedException {
        gate.shut();
        boolean finished = ports.awaitIdle(grace);
        dialects.close();
        Engine loaded = engine.getAndSet(null);
        if (loaded != null) {
            loaded.close();
        }
        ports.close();
        tracing.ifPresent(Tracing::close);
        return finished;
    }

    /** Ends at once. */
    @Override
    public void close() {
        try {
            shutDown(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
