package dev.corral.server;

import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A server before the real model, with four slots; one for all tests of a JVM, closed when it ends.
 *
 * @param engine for tests that compare it with what comes over HTTP
 */
public record ModelServer(RunningServer running, LocalEngine engine) {

    private static final class Shared {
        private static final ModelServer SERVER = open();
    }

    public static ModelServer shared() {
        return Shared.SERVER;
    }

    public TestClient client() {
        return running.client();
    }

    private static ModelServer open() {
        Path model = Path.of(System.getProperty("corral.test.model"));
        LocalEngine engine = LocalEngine.open(
                LocalEngineOptions.builder(model)
                        .name("smollm2")
                        .contextSize(4096)
                        .slots(4)
                        .threads(2)
                        .build(),
                _ -> {});
        try {
            RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), Defaults.standard());
            Runtime.getRuntime().addShutdownHook(new Thread(running::close));
            return new ModelServer(running, engine);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
