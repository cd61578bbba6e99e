package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.alpaca.Alpaca;
import dev.corral.server.alpaca.Edition;
import dev.corral.server.anthropic.Anthropic;
import dev.corral.server.easylm.EasyLm;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.HttpListener;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Routes;
import dev.corral.server.llamacpp.LlamaCpp;
import dev.corral.server.model.ModelGate;
import dev.corral.server.ollama.Ollama;
import dev.corral.server.openai.OpenAi;
import dev.corral.server.operations.MeteredEngine;
import dev.corral.server.operations.Operations;
import dev.corral.server.operations.RequestMeter;
import dev.corral.server.page.ChatPage;
import dev.corral.server.petals.Petals;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All dialects on one port, before an engine that comes when it is ready: until then every request learns that the model
 * is loading.
 *
 * <p>Ownership: the server closes the engine that it was given. Thread-safe.
 */
public final class Server implements AutoCloseable {

    /** Names of dialects that can have a port of their own. */
    static final List<String> DIALECTS =
            List.of("petals", "easylm", "alpaca", "alpaca2", "llamacpp", "openai", "anthropic", "ollama");

    private final ModelGate gate;
    private final Routes routes;
    private final HttpListener listener;
    private final Map<String, HttpListener> others;
    private final Petals petals;
    private final EasyLm easyLm;
    private final RequestMeter meter;
    private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();

    private Server(
            ModelGate gate,
            Routes routes,
            HttpListener listener,
            Map<String, HttpListener> others,
            Petals petals,
            EasyLm easyLm,
            RequestMeter meter) {
        this.gate = gate;
        this.routes = routes;
        this.listener = listener;
        this.others = others;
        this.petals = petals;
        this.easyLm = easyLm;
        this.meter = meter;
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
        ModelGate gate = new ModelGate();
        RequestMeter meter = new RequestMeter();
        ChatPage page = new ChatPage();
        Operations operations = new Operations(gate, meter);
        Anthropic anthropic = new Anthropic(gate, defaults, aliases);
        OpenAi openAi = new OpenAi(gate, defaults, aliases);
        Ollama ollama = new Ollama(gate, defaults, aliases);
        Alpaca alpaca = new Alpaca(gate, defaults);
        LlamaCpp llamaCpp = new LlamaCpp(gate, defaults, aliases, settings.llamaCpp());
        Petals petals = new Petals(gate, defaults, settings.petals(), aliases);
        EasyLm easyLm = new EasyLm(gate, defaults, settings.easyLm());
        Routes routes = new Routes(
                List.of(page, operations, anthropic, openAi, ollama, petals, easyLm, alpaca, llamaCpp),
                http.prefixes());
        HttpListener listener = HttpListener.open(http, routes);
        Map<String, HttpListener> others = new LinkedHashMap<>();
        try {
            for (ListenFlags.Listen port : settings.ports()) {
                Dialect alone = switch (port.dialect()) {
                    case "petals" -> petals.alone();
                    case "easylm" -> easyLm.alone();
                    case "alpaca" -> alpaca.alone(Edition.FIRST);
                    case "alpaca2" -> alpaca.alone(Edition.SECOND);
                    case "openai" -> openAi;
                    case "anthropic" -> anthropic;
                    case "ollama" -> ollama;
                    default -> llamaCpp;
                };
                boolean asItsOriginal =
                        port.dialect().equals("petals") || port.dialect().equals("easylm");
                List<Dialect> there = asItsOriginal ? List.of(alone) : List.of(operations, alone);
                others.put(port.dialect(), alone(listener, port, new Routes(there, http.prefixes())));
            }
        } catch (IOException | RuntimeException e) {
            others.values().forEach(HttpListener::close);
            listener.close();
            throw e;
        }
        return new Server(gate, routes, listener, others, petals, easyLm, meter);
    }

    private static HttpListener alone(HttpListener listener, ListenFlags.Listen port, Routes routes)
            throws IOException {
        try {
            return listener.also(port.http(), routes);
        } catch (IOException e) {
            throw new IOException(
                    port.dialect() + " on " + port.http().host() + ":"
                            + port.http().port() + ": " + e.getMessage(),
                    e);
        }
    }

    /** Answers requests with this engine from now on. */
    public void serve(Engine loaded) {
        engine.set(loaded);
        try {
            easyLm.warmUp(loaded);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        gate.open(new MeteredEngine(loaded, meter));
    }

    /** Where it listens. */
    public URI address() {
        return listener.address();
    }

    /** Where else it listens, by the dialect that is served there alone. */
    public Map<String, URI> otherAddresses() {
        Map<String, URI> addresses = new LinkedHashMap<>();
        others.forEach((dialect, other) -> addresses.put(dialect, other.address()));
        return addresses;
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
        petals.close();
        Engine loaded = engine.getAndSet(null);
        if (loaded != null) {
            loaded.close();
        }
        others.values().forEach(HttpListener::close);
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
