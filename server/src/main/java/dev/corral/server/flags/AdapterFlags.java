package dev.corral.server.flags;

import dev.corral.engine.local.options.AdapterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say which LoRA adapters there are. */
final class AdapterFlags {

    @Option(
            names = "--lora",
            paramLabel = "[NAME=]FILE",
            split = ",",
            description = "A LoRA adapter, a GGUF file, applied to requests that don't choose; may be given several "
                    + "times. Its file's name without .gguf is what it is called without a NAME.")
    List<String> files = new ArrayList<>();

    @Option(
            names = "--lora-scaled",
            paramLabel = "[NAME=]FILE:SCALE",
            split = ",",
            description = "The same with a strength other than 1.")
    List<String> scaledFiles = new ArrayList<>();

    @Option(
            names = "--lora-init-without-apply",
            description = "Apply adapters only to requests that choose them, or after POST /lora-adapters.")
    boolean withoutApply;

    @Option(
            names = "--lora-dir",
            paramLabel = "FOLDER",
            defaultValue = "${CORRAL_LORA_DIR}",
            description = "Load further adapters from this folder, NAME.gguf each, as requests name them; "
                    + "clients may load and unload adapters with that, never by a path.")
    @Nullable
    Path folder;

    /**
     * First those of {@code --lora}, then those of {@code --lora-scaled}, then one more.
     *
     * @param named an adapter that another flag names
     */
    AdapterOptions toOptions(Optional<Path> named) {
        List<AdapterOptions.File> adapters = new ArrayList<>();
        files.forEach(file -> adapters.add(named(file, 1)));
        scaledFiles.forEach(file -> adapters.add(scaled(file)));
        named.ifPresent(file -> adapters.add(AdapterOptions.File.of(file, 1)));
        Path directory = folder;
        if (directory != null && !Files.isDirectory(directory)) {
            throw new BadFlag("--lora-dir must be a folder, but there is none at " + directory);
        }
        return new AdapterOptions(adapters, !withoutApply, Optional.ofNullable(directory));
    }

    private static AdapterOptions.File scaled(String value) {
        int colon = value.lastIndexOf(':');
        if (colon <= 0) {
            throw new BadFlag("--lora-scaled must be FILE:SCALE, but is " + value);
        }
        try {
            return named(value.substring(0, colon), Float.parseFloat(value.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new BadFlag("--lora-scaled must be FILE:SCALE, with a number behind the colon, but is " + value);
        }
    }

    private static AdapterOptions.File named(String value, float scale) {
        int equals = value.indexOf('=');
        if (equals > 0 && !Files.exists(Path.of(value))) {
            return new AdapterOptions.File(value.substring(0, equals), file(value.substring(equals + 1)), scale);
        }
        return AdapterOptions.File.of(file(value), scale);
    }

    private static Path file(String value) {
        Path file = Path.of(value);
        if (!Files.isRegularFile(file)) {
            throw new BadFlag("there is no adapter file " + file);
        }
        return file;
    }
}
