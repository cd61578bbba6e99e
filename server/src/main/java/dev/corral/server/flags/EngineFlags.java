package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.engine.local.options.RpcServer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say how much the engine does at once, and with what. */
public final class EngineFlags {

    @Option(
            names = {"-c", "--ctx-size"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_CTX_SIZE:-0}",
            description =
                    "Tokens of context, of all requests together; 0 for the model's own (default: ${DEFAULT-VALUE}).")
    int contextSize;

    @Option(
            names = {"-np", "--parallel"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_N_PARALLEL:--1}",
            description =
                    "Requests that run at once; -1 for 4, or as many as memory holds (default: ${DEFAULT-VALUE}).")
    int slots = -1;

    @Option(
            names = {"-fit", "--fit"},
            paramLabel = "on|off",
            arity = "0..1",
            defaultValue = "${LLAMA_ARG_FIT:-true}",
            fallbackValue = "true",
            description =
                    "Choose what is left open of --gpu-layers, --ctx-size and --parallel by the memory that is free, "
                            + "and refuse what does not fit (default: on).")
    boolean fit = true;

    @Option(
            names = "--in-process",
            description = "Run the model in the server's own process, which a native fault then ends; "
                    + "without it the model has a process of its own, which is started again.")
    boolean inProcess;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "${CORRAL_QUEUE:-256}",
            description =
                    "Requests that may wait for a slot; others are told to come back later (default: ${DEFAULT-VALUE}).")
    int queue = 256;

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_THREADS:--1}",
            description = "CPU threads to generate with; -1 for one a core (default: ${DEFAULT-VALUE}).")
    int threads = -1;

    @Option(
            names = {"-tb", "--threads-batch"},
            paramLabel = "N",
            defaultValue = "-1",
            description = "CPU threads to read prompts with; -1 for as many as --threads (default: ${DEFAULT-VALUE}).")
    int batchThreads = -1;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_BATCH:-2048}",
            description = "Most tokens that a step computes (default: ${DEFAULT-VALUE}).")
    int batchSize = 2048;

    @Option(
            names = {"-ub", "--ubatch-size"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_UBATCH:-0}",
            description = "Most tokens that the device computes at once; 0 for 128 on a CPU, 512 on a GPU "
                    + "(default: ${DEFAULT-VALUE}).")
    int microBatchSize;

    @Option(
            names = "--step-target",
            paramLabel = "MS",
            defaultValue = "${CORRAL_STEP_TARGET:-150}",
            description =
                    "How long a step may take while somebody streams, in milliseconds (default: ${DEFAULT-VALUE}).")
    int stepTarget = 150;

    @Option(
            names = {"-fa", "--flash-attn"},
            paramLabel = "on|off|auto",
            arity = "0..1",
            defaultValue = "${LLAMA_ARG_FLASH_ATTN:-auto}",
            fallbackValue = "on",
            description = "Flash attention; auto for what suits the device (default: ${DEFAULT-VALUE}).")
    String flashAttention = "auto";

    @Option(
            names = {"-ctk", "--cache-type-k"},
            paramLabel = "TYPE",
            defaultValue = "${LLAMA_ARG_CACHE_TYPE_K:-f16}",
            description = "Type of keys in the KV cache, such as f16 or q8_0 (default: ${DEFAULT-VALUE}).")
    String keyType = "f16";

    @Option(
            names = {"-ctv", "--cache-type-v"},
            paramLabel = "TYPE",
            defaultValue = "${LLAMA_ARG_CACHE_TYPE_V:-f16}",
            description = "Type of values in the KV cache (default: ${DEFAULT-VALUE}).")
    String valueType = "f16";

    @Option(
            names = {"-kvu", "--kv-unified"},
            negatable = true,
            defaultValue = "${LLAMA_ARG_KV_UNIFIED}",
            description =
                    "Share the KV cache's cells between requests, so that one may use them all, or (--no-kv-unified) "
                            + "give each slot cells of its own (default: shared only for sliding windows).")
    @Nullable
    Boolean unified;

    @Option(
            names = "--swa-full",
            negatable = true,
            defaultValue = "${LLAMA_ARG_SWA_FULL}",
            description = "Keep all tokens of sliding-window layers, so that prefixes can be shared.")
    @Nullable
    Boolean fullWindow;

    @Option(
            names = "--rpc",
            paramLabel = "HOST:PORT",
            split = ",",
            defaultValue = "${LLAMA_ARG_RPC}",
            description = "A ggml-rpc-server that computes a part of the model; several with commas. Their traffic is "
                    + "not encrypted and they obey whoever reaches them: only in a network of your own.")
    List<String> rpc = new ArrayList<>();

    /** Whether nobody has said how many requests run at once. */
    public boolean leavesSlotsOpen() {
        return slots == -1;
    }

    /** Tokens of context; 0 for the model's own. */
    public int contextSize() {
        return contextSize;
    }

    public LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        if (unified != null) {
            options.unifiedCache(unified);
        }
        if (fullWindow != null) {
            options.fullWindowCache(fullWindow);
        }
        if (!leavesSlotsOpen()) {
            options.slots(slots);
        }
        return options.rpcServers(rpc.stream()
                        .filter(Predicate.not(String::isBlank))
                        .map(RpcServer::of)
                        .toList())
                .contextSize(contextSize)
                .fit(fit)
                .queueLimit(queue)
                .threads(Math.max(threads, 0))
                .batchThreads(Math.max(batchThreads, 0))
                .batchSize(batchSize)
                .microBatchSize(microBatchSize)
                .stepTargetMillis(stepTarget)
                .flashAttention(flashAttention)
                .keyType(keyType)
                .valueType(valueType);
    }
}
