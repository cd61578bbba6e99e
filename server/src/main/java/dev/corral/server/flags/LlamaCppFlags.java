package dev.corral.server.flags;

import dev.corral.server.llamacpp.LlamaCppSettings;
import picocli.CommandLine.Option;

/** Flags that say what llama.cpp's own routes allow. */
final class LlamaCppFlags {

    @Option(
            names = "--slots",
            negatable = true,
            defaultValue = "${LLAMA_ARG_ENDPOINT_SLOTS:-true}",
            fallbackValue = "true",
            description = "Show at /slots what each slot is doing (default: yes).")
    boolean slots = true;

    @Option(
            names = "--props",
            defaultValue = "${LLAMA_ARG_ENDPOINT_PROPS:-false}",
            fallbackValue = "true",
            description = "Let clients set a system prompt that stands before their later prompts: those of the same "
                    + "API key, or everybody's where there are no keys.")
    boolean props;

    @Option(
            names = "--spm-infill",
            description = "Put the suffix before the prefix when filling in the middle, as some models want it.")
    boolean suffixFirst;

    @Option(
            names = "--metrics",
            hidden = true,
            defaultValue = "${LLAMA_ARG_ENDPOINT_METRICS:-true}",
            description = "Accepted, and always so.")
    boolean metrics;

    LlamaCppSettings toSettings() {
        return new LlamaCppSettings(slots, props);
    }
}
