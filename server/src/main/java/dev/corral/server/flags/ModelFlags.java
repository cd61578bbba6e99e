package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say which model to load and how. */
public final class ModelFlags {

    /** More than any model has. */
    private static final int ALL_LAYERS = 9_999;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_MODEL}",
            description = "The model: a GGUF file, or a name as corral list shows it.")
    @Nullable
    Path model;

    @Option(
            names = {"-a", "--alias"},
            paramLabel = "NAME",
            defaultValue = "${LLAMA_ARG_ALIAS}",
            description =
                    "What clients call the model; several with commas between them. Its file's name without that.")
    @Nullable
    String alias;

    @Option(
            names = {"-ngl", "--gpu-layers", "--n-gpu-layers"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_N_GPU_LAYERS:-auto}",
            description =
                    "Layers to keep on the GPU: a number, all, or auto for as many as fit (default: ${DEFAULT-VALUE}).")
    String gpuLayers = "auto";

    @Option(
            names = {"-sm", "--split-mode"},
            paramLabel = "MODE",
            defaultValue = "${LLAMA_ARG_SPLIT_MODE:-layer}",
            description = "How to split the model across GPUs: none, layer, row or tensor (default: ${DEFAULT-VALUE}).")
    String splitMode = "layer";

    @Option(
            names = {"-mg", "--main-gpu"},
            paramLabel = "INDEX",
            defaultValue = "${LLAMA_ARG_MAIN_GPU:-0}",
            description = "The GPU for a model that is not split (default: ${DEFAULT-VALUE}).")
    int mainGpu;

    @Option(
            names = "--mmap",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Map the model's file rather than read it (default: yes).")
    boolean mmap = true;

    @Option(names = "--mlock", description = "Keep the model in memory, never swapped out.")
    boolean mlock;

    @Option(
            names = "--warmup",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Compute a token before the first request (default: yes).")
    boolean warmUp = true;

    @Option(
            names = "--chat-template",
            paramLabel = "JINJA",
            defaultValue = "${LLAMA_ARG_CHAT_TEMPLATE}",
            description = "A chat template in place of the model's own.")
    @Nullable
    String chatTemplate;

    @Option(
            names = "--chat-template-file",
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_CHAT_TEMPLATE_FILE}",
            description = "A file with a chat template in place of the model's own.")
    @Nullable
    Path chatTemplateFile;

    private Path file(Optional<Path> named) {
        Path file = named.orElse(model);
        if (file == null) {
            throw new BadFlag(
                    "which model? Name one with -m FILE (or LLAMA_ARG_MODEL), or get one with -hf OWNER/NAME");
        }
        return ModelPlace.of(file);
    }

    /** What clients call the model, its name first; none when its file names it. */
    List<String> names() {
        return alias == null
                ? List.of()
                : Arrays.stream(alias.split(","))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .toList();
    }

    /** @param named the model where another flag names it */
    public LocalEngineOptionsBuilder toOptions(Optional<Path> named) {
        LocalEngineOptionsBuilder options = LocalEngineOptions.builder(file(named))
                .gpuLayers(layers())
                .splitMode(splitMode)
                .mainGpu(mainGpu)
                .mmap(mmap)
                .mlock(mlock)
                .warmUp(warmUp);
        names().stream().findFirst().ifPresent(options::name);
        template().ifPresent(options::chatTemplate);
        return options;
    }

    private int layers() {
        return switch (gpuLayers) {
            case "auto" -> -1;
            case "all" -> ALL_LAYERS;
            default -> {
                try {
                    yield Integer.parseInt(gpuLayers);
                } catch (NumberFormatException e) {
                    throw new BadFlag("--gpu-layers must be a number, auto or all, but is " + gpuLayers);
                }
            }
        };
    }

    private Optional<String> template() {
        if (chatTemplateFile == null) {
            return Optional.ofNullable(chatTemplate);
        }
        try {
            return Optional.of(Files.readString(chatTemplateFile, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BadFlag("the chat template " + chatTemplateFile + " can't be read: " + e.getMessage());
        }
    }
}
