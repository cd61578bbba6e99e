package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.remote.RemoteHosts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags for models that see or hear. */
final class ProjectorFlags {

    @Option(
            names = {"-mm", "--mmproj"},
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_MMPROJ}",
            description = "The multimodal projector that was made for the model, a GGUF file.")
    @Nullable
    Path file;

    @Option(
            names = {"--mmproj-auto"},
            negatable = true,
            defaultValue = "${LLAMA_ARG_MMPROJ_AUTO:-true}",
            fallbackValue = "true",
            description = "Take the projector that came with a downloaded model (default: yes).")
    boolean automatic = true;

    @Option(names = "--no-mmproj", description = "As --no-mmproj-auto.")
    boolean none;

    @Option(
            names = "--mmproj-offload",
            negatable = true,
            defaultValue = "${LLAMA_ARG_MMPROJ_OFFLOAD:-true}",
            fallbackValue = "true",
            description = "Compute the projector on the GPU where there is one (default: yes).")
    boolean offload = true;

    @Option(
            names = "--image-min-tokens",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_IMAGE_MIN_TOKENS:-0}",
            description = "Least tokens that an image becomes, where that depends on its size; "
                    + "0 for the projector's own limit (default: ${DEFAULT-VALUE}).")
    int minTokens;

    @Option(
            names = "--image-max-tokens",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_IMAGE_MAX_TOKENS:-0}",
            description = "Most tokens that an image becomes, where that depends on its size; "
                    + "0 for the projector's own limit (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = {"--media-hosts", "--allowed-media-domains"},
            paramLabel = "HOST[:PORT]",
            split = ",",
            description = "Fetch images and sounds that requests have as http(s) URLs from these hosts, several with "
                    + "commas between. *.DOMAIN is every host below a domain and * every host, both only where the "
                    + "address is a public one (default: none; nothing is fetched).")
    List<String> hosts = new ArrayList<>();

    RemoteHosts toRemoteHosts() {
        try {
            return RemoteHosts.of(hosts);
        } catch (IllegalArgumentException e) {
            throw new BadFlag("--media-hosts " + e.getMessage());
        }
    }

    /** Whether the projector that comes with a model is wanted. */
    boolean wantsBeside() {
        return file == null && automatic && !none;
    }

    LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        Path projector = file;
        if (projector == null) {
            return options;
        }
        if (!Files.isRegularFile(projector)) {
            throw new BadFlag("there is no projector file " + projector);
        }
        return options.projector(new LocalEngineOptions.Projector(projector, offload, minTokens, maxTokens));
    }
}
