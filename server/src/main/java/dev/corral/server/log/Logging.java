package dev.corral.server.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Where log lines go and which: one line an event, to standard error or a file. */
public final class Logging {

    private static final String OURS = "dev.corral";
    private static final String ACCESS = "dev.corral.access";

    /** Kept, since a logger that nobody holds may lose its level. */
    private static final Logger OUR_LOGGER = Logger.getLogger(OURS);

    private static final Logger ACCESS_LOGGER = Logger.getLogger(ACCESS);

    private Logging() {}

    /** How an event is written. */
    public enum Format {
        TEXT,
        JSON
    }

    public static void configure(int verbosity, Optional<Path> file) throws IOException {
        configure(verbosity, file, Format.TEXT);
    }

    /**
     * @param verbosity 0 for errors only, 1 for warnings, 2 for what happens, 3 for requests too, 4 and more for details
     * @param file in place of standard error
     * @throws IOException when the file can't be written
     */
    public static void configure(int verbosity, Optional<Path> file, Format format) throws IOException {
        System.setProperty("io.helidon.logging.config.disabled", "true");
        LogManager.getLogManager().reset();
        Handler handler = file.isPresent() ? new FileHandler(file.get().toString(), true) : new ConsoleHandler();
        handler.setFormatter(
                switch (format) {
                    case TEXT -> new TextLog();
                    case JSON -> new JsonLog();
                });
        handler.setLevel(Level.ALL);
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(verbosity > 4 ? Level.FINE : verbosity > 0 ? Level.WARNING : Level.SEVERE);
        OUR_LOGGER.setLevel(ours(verbosity));
        ACCESS_LOGGER.setLevel(verbosity >= 3 ? Level.INFO : Level.WARNING);
    }

    private static Level ours(int verbosity) {
        return switch (verbosity) {
            case 0 -> Level.SEVERE;
            case 1 -> Level.WARNING;
            case 2, 3 -> Level.INFO;
            default -> Level.FINE;
        };
    }
}
