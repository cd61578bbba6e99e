package dev.corral.server.flags;

import dev.corral.engine.Range;
import dev.corral.engine.local.model.MemoryNeed;
import dev.corral.server.model.ModelRegistry;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags for a server of several models. */
final class ModelsFlags {

    private static final Range MOST = Range.of(0, 10_000);
    private static final Range MEBIBYTES = Range.atLeast(0);
    private static final int SHARE_OF_MEMORY_TENTHS = 9;

    /** Stands for the folder that {@code corral pull} fills. */
    private static final Path PULLED = Path.of("pulled");

    @Option(
            names = "--models-dir",
            paramLabel = "FOLDER",
            defaultValue = "${LLAMA_ARG_MODELS_DIR}",
            description = "Serve every model of this folder, each loaded by the first request that names it. "
                    + "'pulled' is the folder that corral pull fills.")
    @Nullable
    Path folder;

    @Option(
            names = "--models-max",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_MODELS_MAX:-0}",
            description = "How many models may be in memory at once; the one unused for longest makes room. 0 for as "
                    + "many as fit (default: ${DEFAULT-VALUE}).")
    int most;

    @Option(
            names = "--models-memory",
            paramLabel = "MIB",
            defaultValue = "0",
            description =
                    "How much memory they may take together, in MiB, as far as that can be told before; 0 for nine "
                            + "tenths of the machine's (default: ${DEFAULT-VALUE}).")
    int memory;

    @Option(
            names = "--models-autoload",
            negatable = true,
            defaultValue = "${LLAMA_ARG_MODELS_AUTOLOAD:-true}",
            fallbackValue = "true",
            description = "Load a model when a request names it; otherwise only POST /models/load does (default: yes).")
    boolean autoload = true;

    @Option(
            names = "--models-manage",
            negatable = true,
            defaultValue = "false",
            fallbackValue = "true",
            description = "Let clients download models of the hub into the folder of --models-dir ('pulled' without "
                    + "that) and delete those in it: POST and DELETE /models, /api/pull and /api/delete. Whoever may "
                    + "call the server may fill its disk then: only with API keys or on this machine (default: no).")
    boolean manage;

    /** The folder whose models are served; the one that clients fill where they may. */
    Optional<Path> folder() {
        return Optional.ofNullable(folder).or(() -> manage ? Optional.of(PULLED) : Optional.empty());
    }

    ModelRegistry.Room toRoom() {
        MOST.check("models-max", most);
        MEBIBYTES.check("models-memory", memory);
        long bytes = memory > 0 ? (long) memory << 20 : MemoryNeed.ofMachine() / 10 * SHARE_OF_MEMORY_TENTHS;
        return new ModelRegistry.Room(most, bytes, autoload);
    }
}
