package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
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

    /** A server on whose further ports these dialects are alone. */
    public static RunningServer of(Engine engine, HttpSettings http, List<String> alone) throws IOException {
        DialectSettings settings = new DialectSettings(alone.stream()
                .map(dialect -> new ListenFlags.Listen(dialect, http.reachedAt(http.host(), 0)))
                .toList());
        Server server = Server.listen(http, Defaults.standard(), List.of("other-name"), settings);
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
