package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.dialects.DialectPort;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.llamacpp.LlamaCppSettings;
import dev.corral.server.log.Logging;
import dev.corral.server.petals.PetalsSettings;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** A server on a free port, and a client of it. */
public record RunningServer(Server server, TestClient client) implements AutoCloseable {

    static {
        try {
            Logging.configure(0, Optional.empty());
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    public static RunningServer of(Engine engine) throws IOException {
        return of(engine, HttpSettings.loopback(0), Defaults.standard());
    }

    public static RunningServer of(Engine engine, HttpSettings http, Defaults defaults) throws IOException {
        RunningServer running = loading(http, defaults);
        running.server.serve(engine);
        return running;
    }

    /** A server that allows more of llama.cpp's dialect than it does by itself. */
    public static RunningServer of(Engine engine, LlamaCppSettings settings) throws IOException {
        return of(
                engine,
                HttpSettings.loopback(0),
                new DialectSettings(settings, PetalsSettings.STANDARD, EasyLmSettings.STANDARD, List.of()));
    }

    /** A server whose dialects have settings of their own, each with a port of its own as well. */
    public static RunningServer of(Engine engine, HttpSettings http, PetalsSettings petals, EasyLmSettings easyLm)
            throws IOException {
        List<DialectPort> ports = List.of(
                new DialectPort("petals", http.reachedAt(http.host(), 0)),
                new DialectPort("easylm", http.reachedAt(http.host(), 0)));
        return of(engine, http, new DialectSettings(LlamaCppSettings.STANDARD, petals, easyLm, ports));
    }

    /** A server that traces its requests. */
    public static RunningServer of(Engine engine, Tracing tracing) throws IOException {
        Server server = Server.listen(
                HttpSettings.loopback(0),
                Defaults.standard(),
                List.of("other-name"),
                DialectSettings.STANDARD,
                Optional.of(tracing));
        server.serve(engine);
        return new RunningServer(server, TestClient.of(server.address()));
    }

    /** A server on whose further ports these dialects are alone. */
    public static RunningServer of(Engine engine, HttpSettings http, List<String> alone) throws IOException {
        List<DialectPort> ports = alone.stream()
                .map(dialect -> new DialectPort(dialect, http.reachedAt(http.host(), 0)))
                .toList();
        return of(engine, http, DialectSettings.of(ports));
    }

    private static RunningServer of(Engine engine, HttpSettings http, DialectSettings dialects) throws IOException {
        Server server = Server.listen(http, Defaults.standard(), List.of("other-name"), dialects);
        server.serve(engine);
        return new RunningServer(server, TestClient.of(server.address()));
    }

    /** A client of the port that serves one dialect alone. */
    public TestClient clientOf(String dialect) {
        URI address = server.otherAddresses().get(dialect);
        if (address == null) {
            throw new AssertionError(dialect + " has no port of its own");
        }
        return TestClient.of(address);
    }

    /** A server whose model is not there yet. */
    public static RunningServer loading(HttpSettings http, Defaults defaults) throws IOException {
        Server server = Server.listen(http, defaults, List.of("other-name"));
        return new RunningServer(server, TestClient.of(server.address()));
    }

    public RawClient raw() throws IOException {
        return new RawClient(server.address());
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
