package dev.corral.server;

import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.testing.ToolTemplate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A server before the real model, with a chat template that knows tools; one for all tests of a run, closed when the run
 * ends. The model does not think unless a request says so.
 */
public final class ToolServer {

    private static final class Shared {
        private static final RunningServer SERVER = open();
    }

    private ToolServer() {}

    public static RunningServer shared() {
        return Shared.SERVER;
    }

    /** Where OpenAI's API begins. */
    public static String url() {
        return shared().server().address().resolve("/v1").toString();
    }

    private static RunningServer open() {
        LocalEngine engine = LocalEngine.open(
                LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                        .name("smollm2")
                        .contextSize(4096)
                        .slots(4)
                        .threads(2)
                        .chatTemplate(ToolTemplate.THINKING)
                        .build(),
                _ -> {});
        Defaults defaults =
                Defaults.standard().with(new ChatDefaults(true, Map.of("enable_thinking", BooleanNode.FALSE)));
        try {
            RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), defaults);
            Runtime.getRuntime().addShutdownHook(new Thread(running::close));
            return running;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
