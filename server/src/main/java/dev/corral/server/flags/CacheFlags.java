package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say what is kept of prompts that were read, and where. What is not given stays at the engine's default. */
final class CacheFlags {

    @Option(
            names = {"-cram", "--cache-ram"},
            paramLabel = "MIB",
            defaultValue = "${LLAMA_ARG_CACHE_RAM}",
            description =
                    "Host memory for conversations that left the KV cache, in MiB; 0 for none, -1 for any amount.")
    @Nullable
    Integer ram;

    @Option(
            names = "--cache-disk",
            paramLabel = "FOLDER",
            defaultValue = "${CORRAL_CACHE_DISK}",
            description = "Keep them in this folder, too, across restarts.")
    @Nullable
    Path folder;

    @Option(
            names = "--cache-disk-size",
            paramLabel = "MIB",
            defaultValue = "${CORRAL_CACHE_DISK_SIZE}",
            description = "How much of the disk they may take, in MiB.")
    @Nullable
    Integer disk;

    @Option(
            names = "--slot-save-path",
            paramLabel = "FOLDER",
            defaultValue = "${LLAMA_ARG_SLOT_SAVE_PATH}",
            description = "Where clients may save slots by name; they may not without that.")
    @Nullable
    Path slots;

    @Option(
            names = "--cache-share",
            defaultValue = "${CORRAL_CACHE_SHARE:-false}",
            description = "Share cached prefixes between API keys: each can then tell by an answer's time and "
                    + "cached tokens what another has sent. Without that a key finds only its own.")
    boolean shared;

    LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        if (ram != null) {
            options.cacheRamMiB(ram == -1 ? Integer.MAX_VALUE : ram);
        }
        if (folder != null) {
            options.cacheFolder(folder);
        }
        if (disk != null) {
            options.cacheDiskMiB(disk);
        }
        if (slots != null) {
            options.slotFolder(slots);
        }
        return options;
    }
}
