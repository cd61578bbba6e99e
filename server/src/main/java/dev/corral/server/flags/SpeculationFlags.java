package dev.corral.server.flags;

import dev.corral.engine.Speculation;
import dev.corral.engine.Speculation.DraftModel;
import dev.corral.engine.Speculation.Lookup;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.generation.SpeculationTypes;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say how tokens are drafted, for the model to check several in one step. */
final class SpeculationFlags {

    @Option(
            names = "--spec-type",
            paramLabel = "NAMES",
            defaultValue = "${LLAMA_ARG_SPEC_TYPE:-draft-simple,ngram-simple}",
            description =
                    "What drafts: none, draft-simple (the draft model), ngram-simple (lookup in prompt and output); "
                            + "several with commas between them (default: ${DEFAULT-VALUE}).")
    String types = "draft-simple,ngram-simple";

    @Option(
            names = "--spec-adaptive",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Draft only as far as it has paid so far (default: yes).")
    boolean adaptive = true;

    @Option(
            names = {"-md", "--model-draft", "--spec-draft-model"},
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_MODEL}",
            description = "A smaller model with the same vocabulary, to draft for the model: a GGUF file, or a name as "
                    + "corral list shows it.")
    @Nullable
    Path model;

    @Option(
            names = {"-hfd", "-hfrd", "--hf-repo-draft", "--spec-draft-hf"},
            paramLabel = "OWNER/NAME[:QUANT]",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_HF_REPO}",
            description = "The same, of the hub: downloaded, unless it is there, before it is served.")
    @Nullable
    String repository;

    @Option(
            names = {"--spec-draft-n-max", "--draft-max", "--draft-n", "--draft"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_N_MAX:-16}",
            description = "Most tokens that the draft model drafts (default: ${DEFAULT-VALUE}).")
    int maxTokens = DraftModel.ON.maxTokens();

    @Option(
            names = {"--spec-draft-n-min", "--draft-min", "--draft-n-min"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_N_MIN:-0}",
            description = "A shorter draft of it is not used (default: ${DEFAULT-VALUE}).")
    int minTokens;

    @Option(
            names = {"--spec-draft-p-min", "--draft-p-min"},
            paramLabel = "P",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_P_MIN:-0.5}",
            description = "It drafts no token that it finds less likely (default: ${DEFAULT-VALUE}).")
    double minProbability = DraftModel.ON.minProbability();

    @Option(
            names = "--spec-ngram-simple-size-n",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many tokens must have appeared before, to look up what followed (default: 3).")
    int matchTokens = Lookup.ON.matchTokens();

    @Option(
            names = "--spec-ngram-simple-size-m",
            paramLabel = "N",
            defaultValue = "63",
            description = "Most tokens that lookup drafts (default: ${DEFAULT-VALUE}).")
    int lookupTokens = Lookup.ON.maxTokens();

    @Option(
            names = {"-td", "--threads-draft", "--spec-draft-threads"},
            paramLabel = "N",
            defaultValue = "0",
            description = "CPU threads of the draft model; 0 for as many as the model (default: ${DEFAULT-VALUE}).")
    int threads;

    @Option(
            names = {"-tbd", "--threads-batch-draft", "--spec-draft-threads-batch"},
            paramLabel = "N",
            defaultValue = "0",
            description = "CPU threads with which it reads; 0 for as many as the model (default: ${DEFAULT-VALUE}).")
    int batchThreads;

    @Option(
            names = {"-ngld", "--gpu-layers-draft", "--n-gpu-layers-draft", "--spec-draft-ngl"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_N_GPU_LAYERS_DRAFT:--1}",
            description = "Layers of the draft model to keep on the GPU; -1 for all (default: ${DEFAULT-VALUE}).")
    int gpuLayers = -1;

    @Option(
            names = {"-ctkd", "--cache-type-k-draft", "--spec-draft-type-k"},
            paramLabel = "TYPE",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_K:-f16}",
            description = "Type of keys in the draft model's KV cache (default: ${DEFAULT-VALUE}).")
    String keyType = "f16";

    @Option(
            names = {"-ctvd", "--cache-type-v-draft", "--spec-draft-type-v"},
            paramLabel = "TYPE",
            defaultValue = "${LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_V:-f16}",
            description = "Type of values in it (default: ${DEFAULT-VALUE}).")
    String valueType = "f16";

    LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        Path file = model;
        if (file == null) {
            return options;
        }
        return options.draft(new LocalEngineOptions.Draft(
                ModelPlace.of(file), threads, batchThreads, gpuLayers, keyType, valueType));
    }

    /** What requests get that ask for nothing else. */
    Speculation toSpeculation() {
        Lookup.MATCH.check("spec-ngram-simple-size-n", matchTokens);
        Lookup.MAX.check("spec-ngram-simple-size-m", lookupTokens);
        DraftModel.MAX.check("spec-draft-n-max", maxTokens);
        DraftModel.MIN.check("spec-draft-n-min", minTokens);
        DraftModel.PROBABILITY.check("spec-draft-p-min", minProbability);
        Speculation allOn = new Speculation(
                new Lookup(matchTokens, lookupTokens), new DraftModel(minTokens, maxTokens, minProbability), adaptive);
        return SpeculationTypes.only("spec-type", types, allOn);
    }
}
