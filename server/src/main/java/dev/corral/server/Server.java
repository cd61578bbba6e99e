package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.HttpListener;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Routes;
import dev.corral.server.llamacpp.LlamaCpp;
import dev.corral.server.llamacpp.LlamaCppSettings;
import dev.corral.server.model.ModelGate;
import dev.corral.server.openai.OpenAi;
import dev.corral.server.operations.MeteredEngine;
import dev.corral.server.operations.Operations;
import dev.corral.server.operations.RequestMeter;
import dev.corral.server.page.ChatPage;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All dialects on one port, before an engine that comes when it is ready: until then every request learns that the model
 * is loading.
 *
 * <p>Ownership: the server closes the engine that it was given. Thread-safe.
 */
public final class Server implements AutoCloseable {

    private final ModelGate gate;
    private final Routes routes;
    private final HttpListener listener;
    private final RequestMeter meter;
    private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();

    private Server(ModelGate gate, Routes routes, HttpListener listener, RequestMeter meter) {
        this.gate = gate;
        this.routes = routes;
        this.listener = listener;
        this.meter = meter;
    }

    /**
     * Starts to listen, without an engine.
     *
     * @param aliases what clients may call the model besides its name
     * @throws IOException when the host is unknown, the port is taken, or a file of keys or for TLS can't be used
     */
    public static Server listen(HttpSettings http, Defaults defaults, List<String> aliases) throws IOException {
        return listen(http, defaults, aliases, LlamaCppSettings.STANDARD);
    }

    /**
     * Starts to listen, without an engine.
     *
     * @param aliases what clients may call the model besides its name
     * @param settings what llama.cpp's dialect allows
     * @throws IOException when the host is unknown, the port is taken, or a file of keys or for TLS can't be used
     */
    public static Server listen(HttpSettings http, Defaults defaults, List<String> aliases, LlamaCppSettings settings)
            throws IOException {
        ModelGate gate = new ModelGate();
        RequestMeter meter = new RequestMeter();
        List<Dialect> dialects = List.of(
                new ChatPage(),
                new Operations(gate, meter),
                new OpenAi(gate, defaults, aliases),
                new LlamaCpp(gate, defaults, aliases, settings));
        Routes routes = new Routes(dialects, http.prefixes());
        return new Server(gate, routes, HttpListener.open(http, routes), meter);
    }

    /** Answers requests with this engine from now on. */
    public void serve(Engine loaded) {
        engine.set(loaded);
        gate.open(new MeteredEngine(loaded, meter));
    }

    /** Where it listens. */
    public URI address() {
        return listener.address();
    }

    /** Every route that is served. */
    public Routes routes() {
        return routes;
    }

    /**
     * Ends in order: no new request is served from now on, those that run may finish for as long as {@code grace},
     * then what still runs is told that the server ends. Idempotent.
     *
     * @return true when everything that ran could finish
     */
    public boolean shutDown(Duration grace) throws InterruptedException {
        gate.shut();
        boolean finished = listener.awaitIdle(grace);
        Engine loaded = engine.getAndSet(null);
        if (loaded != null) {
            loaded.close();
        }
        listener.close();
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
