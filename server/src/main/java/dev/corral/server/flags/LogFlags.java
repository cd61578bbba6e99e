package dev.corral.server.flags;

import dev.corral.engine.Range;
import dev.corral.server.log.Logging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say what is logged, and where. */
final class LogFlags {

    private static final Range VERBOSITY = Range.of(0, 9);
    private static final int DETAILS = 4;

    @Option(
            names = {"-v", "--verbose", "--log-verbose"},
            description = "Log details, llama.cpp's own among them.")
    boolean verbose;

    @Option(
            names = {"-lv", "--verbosity", "--log-verbosity"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_LOG_VERBOSITY:-3}",
            description =
                    "0 errors, 1 warnings, 2 what happens, 3 requests too, 4 details (default: ${DEFAULT-VALUE}).")
    int verbosity = 3;

    @Option(
            names = "--log-file",
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_LOG_FILE}",
            description = "Log to this file instead of standard error.")
    @Nullable
    Path file;

    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            defaultValue = "${CORRAL_LOG_FORMAT:-text}",
            description = "text, or json: one object a line, for programs (default: ${DEFAULT-VALUE}).")
    String format = "text";

    @Option(names = "--log-disable", description = "Log errors only.")
    boolean disable;

    void apply() {
        VERBOSITY.check("verbosity", verbosity);
        int level = disable ? 0 : verbose ? Math.max(verbosity, DETAILS) : verbosity;
        try {
            Logging.configure(level, Optional.ofNullable(file), formatOf(format));
        } catch (IOException e) {
            throw new BadFlag("the log file " + file + " can't be written: " + e.getMessage());
        }
    }

    private static Logging.Format formatOf(String word) {
        return switch (word) {
            case "text" -> Logging.Format.TEXT;
            case "json" -> Logging.Format.JSON;
            default -> throw new BadFlag("--log-format must be text or json, but is " + word);
        };
    }
}
