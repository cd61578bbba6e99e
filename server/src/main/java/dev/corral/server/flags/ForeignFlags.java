package dev.corral.server.flags;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * llama-server's flags that are none here. Some need nothing, since what they ask for is always so or makes no difference
 * to an answer: they are passed over. The others are refused, each with the reason.
 */
public final class ForeignFlags {

    /**
     * One of them.
     *
     * @param needless whether it can be passed over
     * @param names of the flag, and its variable's, if it has one
     * @param values how many arguments follow it
     */
    private record Flag(boolean needless, Set<String> names, int values, String reason) {

        private static Flag parse(String line) {
            String[] halves = line.split("\\|", 2);
            String[] words = halves[0].strip().split(" +");
            return new Flag(
                    words[0].equals("needless"),
                    Stream.of(words).skip(2).collect(Collectors.toUnmodifiableSet()),
                    Integer.parseInt(words[1]),
                    halves[1].strip());
        }
    }

    private static final String VARIABLE = "LLAMA_ARG_";

    /** needless or missing, how many arguments, names and variable, and why. */
    private static final List<Flag> FLAGS = """
            needless 1 --threads-http LLAMA_ARG_THREADS_HTTP | each connection has a virtual thread
            needless 1 -sps --slot-prompt-similarity | a cached prefix is found in whatever slot it is
            needless 1 --cache-reuse LLAMA_ARG_CACHE_REUSE | prefixes are reused wherever they are; chunks moved to other places would change answers
            needless 0 --cache-prompt LLAMA_ARG_CACHE_PROMPT | always so
            needless 0 --cache-idle-slots --no-cache-idle-slots LLAMA_ARG_CACHE_IDLE_SLOTS | idle prefixes stay as long as there is room
            needless 1 -ctxcp --ctx-checkpoints --swa-checkpoints LLAMA_ARG_CTX_CHECKPOINTS | states are kept by the prefix tree
            needless 1 -cms --checkpoint-min-step LLAMA_ARG_CHECKPOINT_MIN_SPACING_NT | states are kept by the prefix tree
            needless 1 -dt --defrag-thold LLAMA_ARG_DEFRAG_THOLD | llama.cpp has ended it, too
            needless 1 --prio --prio-batch --prio-draft --prio-batch-draft --spec-draft-prio --spec-draft-prio-batch | the system's scheduler decides
            needless 1 --poll --poll-batch --poll-draft --poll-batch-draft --spec-draft-poll --spec-draft-poll-batch | threads wait as llama.cpp lets them
            needless 0 --perf --no-perf LLAMA_ARG_PERF | timings are in every answer
            needless 0 -e --escape --no-escape | there is no prompt on the command line
            needless 0 --repack LLAMA_ARG_REPACK | always so
            needless 0 -kvo --kv-offload LLAMA_ARG_KV_OFFLOAD | always so
            needless 0 --op-offload | always so
            needless 0 --cors-credentials LLAMA_ARG_CORS_CREDENTIALS | always so for pages that are allowed
            needless 1 --cors-methods LLAMA_ARG_CORS_METHODS | those that routes have
            needless 1 --cors-headers LLAMA_ARG_CORS_HEADERS | those that a page asks for
            needless 0 --log-prefix --no-log-prefix LLAMA_ARG_LOG_PREFIX | the log has a form of its own
            needless 0 --log-timestamps --no-log-timestamps LLAMA_ARG_LOG_TIMESTAMPS | always so
            needless 1 --log-colors LLAMA_ARG_LOG_COLORS | the log has no colours
            needless 0 LLAMA_ARG_EMBEDDINGS LLAMA_ARG_JINJA LLAMA_ARG_CONT_BATCHING | always so
            missing 1 -dr --docker-repo LLAMA_ARG_DOCKER_REPO | models come from a hub or an address, not from registries of images: see -hf and -mu
            missing 0 -cl --cache-list | corral list shows what was downloaded
            missing 1 --models-preset LLAMA_ARG_MODELS_PRESET | several models and their settings are in the file that --config names
            missing 1 -C --cpu-mask -Cr --cpu-range --cpu-strict -Cb --cpu-mask-batch -Crb --cpu-range-batch --cpu-strict-batch | taskset binds the process to cores
            missing 1 -Cd --cpu-mask-draft -Crd --cpu-range-draft --cpu-strict-draft -Cbd --cpu-mask-batch-draft --cpu-strict-batch-draft | taskset binds the process to cores
            missing 1 --numa LLAMA_ARG_NUMA | numactl places the process
            missing 1 -lcs --lookup-cache-static -lcd --lookup-cache-dynamic | lookup drafts from a request's own text only
            missing 1 --kv-unified-per-slot LLAMA_ARG_KV_UNIFIED_PER_SLOT | with --kv-unified one request may use all of the cache
            missing 1 -r --reverse-prompt | requests name their stop strings
            missing 0 -sp --special | control tokens are not shown
            missing 1 --grammar --grammar-file -j --json-schema -jf --json-schema-file | requests bring their grammars
            missing 0 -bs --backend-sampling --spec-draft-backend-sampling LLAMA_ARG_BACKEND_SAMPLING | tokens are chosen on the CPU, several rows at once
            missing 1 --rope-scaling --rope-scale --rope-freq-base --rope-freq-scale LLAMA_ARG_ROPE_SCALING_TYPE LLAMA_ARG_ROPE_SCALE LLAMA_ARG_ROPE_FREQ_BASE LLAMA_ARG_ROPE_FREQ_SCALE | rotary positions are the model's own
            missing 1 --yarn-orig-ctx --yarn-ext-factor --yarn-attn-factor --yarn-beta-slow --yarn-beta-fast LLAMA_ARG_YARN_ORIG_CTX LLAMA_ARG_YARN_EXT_FACTOR LLAMA_ARG_YARN_ATTN_FACTOR LLAMA_ARG_YARN_BETA_SLOW LLAMA_ARG_YARN_BETA_FAST | rotary positions are the model's own
            missing 1 -gan --grp-attn-n -gaw --grp-attn-w LLAMA_ARG_GRP_ATTN_N LLAMA_ARG_GRP_ATTN_W | llama-server has ended it, too
            missing 0 -nkvo --no-kv-offload -nr --no-repack --no-host --no-op-offload LLAMA_ARG_NO_HOST | what the device can do is left to it
            missing 1 -lm --load-mode LLAMA_ARG_LOAD_MODE -lzm --lazy-mode LLAMA_ARG_LAZY_MODE | see --mmap and --mlock
            missing 1 -dev --device LLAMA_ARG_DEVICE -devd --device-draft --spec-draft-device | see --main-gpu and --split-mode
            missing 0 --list-devices | the log says at the start which devices there are
            missing 1 -ot --override-tensor LLAMA_ARG_OVERRIDE_TENSOR -otd --override-tensor-draft -ts --tensor-split LLAMA_ARG_TENSOR_SPLIT | see --gpu-layers and --split-mode
            missing 1 -ncmoe --n-cpu-moe LLAMA_ARG_N_CPU_MOE -ncffn --n-cpu-ffn LLAMA_ARG_N_CPU_FFN -ncmoed --n-cpu-moe-draft | see --gpu-layers
            missing 0 -cmoe --cpu-moe LLAMA_ARG_CPU_MOE -cmoed --cpu-moe-draft | see --gpu-layers
            missing 1 -fitt --fit-target LLAMA_ARG_FIT_TARGET -fitc --fit-ctx LLAMA_ARG_FIT_CTX | see --ctx-size and --gpu-layers
            missing 0 --check-tensors | the model's file is checked in any case, though not its weights
            missing 1 --override-kv | the model's file is taken as it is
            missing 1 --control-vector --control-vector-scaled | LoRA adapters steer a model here
            missing 2 --control-vector-layer-range | LoRA adapters steer a model here
            missing 1 --tags LLAMA_ARG_TAGS | see --alias
            missing 0 --reuse-port LLAMA_ARG_REUSE_PORT | one process serves
            missing 1 --path LLAMA_ARG_STATIC_PATH | no files are served
            missing 1 --ui-config --webui-config --ui-config-file --webui-config-file LLAMA_ARG_UI_CONFIG LLAMA_ARG_UI_CONFIG_FILE | llama-server's page is not served
            missing 0 --ui-mcp-proxy --webui-mcp-proxy LLAMA_ARG_UI_MCP_PROXY | the server calls no other
            missing 1 --tools --tools-runtime --mcp-servers-config --mcp-servers-json LLAMA_ARG_TOOLS LLAMA_ARG_TOOLS_RUNTIME LLAMA_ARG_MCP_SERVERS_CONFIG LLAMA_ARG_MCP_SERVERS_JSON | tools are run by clients
            missing 0 -ag --agent LLAMA_ARG_AGENT | tools are run by clients
            missing 0 --no-cache-prompt | a request can say cache_prompt: false
            missing 0 -nocb --no-cont-batching | requests are always computed together
            missing 1 --media-path | no files are read for clients
            missing 0 --no-jinja | templates are Jinja
            missing 1 --log-prompts-dir | prompts are never written down
            missing 0 --log-jsonl LLAMA_ARG_LOG_JSONL | the log is text
            missing 1 --spec-synth-len --spec-synth-rates LLAMA_ARG_SPEC_SYNTH_LEN LLAMA_ARG_SPEC_SYNTH_RATES | for llama.cpp's own measurements
            missing 1 --spec-draft-p-split --draft-p-split LLAMA_ARG_SPEC_DRAFT_P_SPLIT | drafts have no branches
            missing 1 --spec-ngram-mod-n-min --spec-ngram-mod-n-max --spec-ngram-mod-n-match --spec-ngram-simple-min-hits | see --spec-ngram-simple-size-n and -m
            missing 1 --spec-ngram-map-k-size-n --spec-ngram-map-k-size-m --spec-ngram-map-k-min-hits | see --spec-ngram-simple-size-n and -m
            missing 1 --spec-ngram-map-k4v-size-n --spec-ngram-map-k4v-size-m --spec-ngram-map-k4v-min-hits | see --spec-ngram-simple-size-n and -m
            missing 1 --spec-ngram-size-n --spec-ngram-size-m --spec-ngram-min-hits | see --spec-ngram-simple-size-n and -m
            missing 0 --embd-gemma-default --fim-qwen-1.5b-default --fim-qwen-3b-default --fim-qwen-7b-default --fim-qwen-7b-spec --fim-qwen-14b-spec --fim-qwen-30b-default | name the repository with -hf
            missing 0 --gpt-oss-20b-default --gpt-oss-120b-default --vision-gemma-4b-default --vision-gemma-12b-default --spec-default | name the repository with -hf
            """.lines().map(Flag::parse).toList();

    private ForeignFlags() {}

    /**
     * What is left of arguments that nobody knows, without the flags that need nothing and their values.
     *
     * @throws BadFlag when there is a flag of llama-server's that is missing here
     */
    public static List<String> unknown(List<String> arguments) {
        List<String> left = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            Optional<Flag> flag = find(name);
            if (flag.isEmpty()) {
                left.add(argument);
            } else if (flag.get().needless()) {
                i += equals < 0 ? flag.get().values() : 0;
            } else {
                throw new BadFlag("llama-server's " + name + " is not there: "
                        + flag.get().reason());
            }
        }
        return left;
    }

    /** One line for each of llama-server's variables that is set and that nobody reads. */
    public static List<String> unread(Set<String> environment, CommandSpec command) {
        Set<String> read = command.options().stream()
                .flatMap(EnvironmentDefaults::variables)
                .collect(Collectors.toSet());
        return environment.stream()
                .filter(name -> name.startsWith(VARIABLE) && !read.contains(name))
                .sorted()
                .flatMap(name -> remark(name).stream())
                .toList();
    }

    private static Optional<String> remark(String variable) {
        Optional<Flag> flag = find(variable);
        if (flag.isPresent() && flag.get().needless()) {
            return Optional.empty();
        }
        return Optional.of(variable + " is set and does nothing"
                + flag.map(known -> ": " + known.reason()).orElse(" here"));
    }

    private static Optional<Flag> find(String name) {
        return FLAGS.stream().filter(flag -> flag.names().contains(name)).findFirst();
    }
}
