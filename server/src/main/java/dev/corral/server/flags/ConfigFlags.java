package dev.corral.server.flags;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flag that names a configuration file. */
final class ConfigFlags {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Settings in YAML: each flag's long name is a key, and 'models' holds several models. What is given "
                            + "here or in the environment goes before it.")
    @Nullable
    Path file;
}
