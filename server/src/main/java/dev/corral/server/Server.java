package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import dev.corral.server.operations.Operations;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All dialects on one port, before an engine that comes when it is ready: until then every request learns that the model
 * is loading. A server of {@link SeveralModels} has none of its own.
 *
 * <p>Ownership: the server closes the engine that it was given. Thread-safe.
 */
public final class Server implements Listening {

    private final ModelGate gate;
    private final ModelFront front;
    private final Ports ports;
    private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();

    private Server(ModelGate gate, ModelFront front, Ports ports) {
        this.gate = gate;
        this.front = front;
        this.ports = ports;
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
        ModelFront front = new ModelFront(new Dialects(gate, defaults, aliases, settings), tracing);
        Operations operations = new Operations(gate, front.meter());
        Ports ports = Ports.open(
                http,
                settings.ports(),
                tracing,
                operations,
                (ofAll, ofOne) -> new Routes(
                        Stream.concat(ofAll.stream(), ofOne.apply(front.dialects()).stream())
                                .toList(),
                        http.prefixes()));
        return new Server(gate, front, ports);
    }

    /** Answers requests with this engine from now on. */
    public void serve(Engine loaded) {
        engine.set(loaded);
        try {
            front.dialects().warmUp(loaded);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        gate.open(front.observed(loaded));
    }

    @Override
    public URI address() {
        return ports.address();
    }

    @Override
    public Map<String, URI> otherAddresses() {
        return ports.otherAddresses();
    }

    /** Every route that is served. */
    public Routes routes() {
        return ports.routes();
    }

    @Override
    public boolean shutDown(Duration grace) throws InterruptedException {
        gate.shut();
        boolean finished = ports.awaitIdle(grace);
        front.dialects().close();
        Engine loaded = engine.getAndSet(null);
        if (loaded != null) {
            loaded.close();
        }
        ports.close();
        return finished;
    }
}
