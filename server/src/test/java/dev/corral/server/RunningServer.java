package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.llamacpp.LlamaCppSettings;
import java.io.IOException;
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
        Server server = Server.listen(HttpSettings.loopback(0), Defaults.standard(), List.of("other-name"), settings);
        server.serve(engine);
        return new RunningServer(server, TestClient.of(server.address()));
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
