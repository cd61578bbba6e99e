package dev.corral.gguf;

import java.util.Set;

/** What llama.cpp takes for granted of some architectures. */
final class Architectures {

    /** Their layers have no attention. */
    private static final Set<String> RECURRENT = Set.of("mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7");

    /** Some of their layers have no attention, or none with keys of their own, or are described in other keys. */
    private static final Set<String> MIXED = Set.of(
            "jamba",
            "falcon-h1",
            "plamo2",
            "granitehybrid",
            "lfm2",
            "lfm2moe",
            "nemotron_h",
            "nemotron_h_moe",
            "qwen3next",
            "kimi-linear",
            "bailingmoe3",
            "kimi-k3",
            "qwen35",
            "qwen35moe",
            "qwen4exp",
            "deepseek4",
            "minimax-01",
            "deci",
            "wavtokenizer-dec",
            "qwen3tts",
            "pockettts");

    /** Their graphs assert that keys and values are equally long. */
    private static final Set<String> EQUAL_HEADS = Set.of(
            "afmoe",
            "apertus",
            "arcee",
            "arctic",
            "baichuan",
            "bailingmoe2",
            "bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "nomic-bert",
            "nomic-bert-moe",
            "bitnet",
            "bloom",
            "chameleon",
            "chatglm",
            "codeshell",
            "cogvlm",
            "cohere2",
            "cohere2moe",
            "command-r",
            "dbrx",
            "deci",
            "deepseek",
            "dots1",
            "dream",
            "ernie4_5",
            "ernie4_5-moe",
            "eurobert",
            "exaone",
            "falcon",
            "glm4",
            "glm4moe",
            "gpt2",
            "gptneox",
            "granite",
            "granitemoe",
            "granitehybrid",
            "grok",
            "grovemoe",
            "hunyuan-moe",
            "hunyuan-dense",
            "hunyuan_vl",
            "internlm2",
            "jais",
            "jais2",
            "laguna",
            "llada",
            "llada-moe",
            "llama",
            "llama-embed",
            "llama4",
            "maincoder",
            "mellum",
            "minimax-m2",
            "mistral3",
            "modern-bert",
            "mpt",
            "nemotron",
            "neo-bert",
            "olmo",
            "olmo2",
            "olmoe",
            "openelm",
            "orion",
            "paddleocr",
            "pangu-embedded",
            "phi2",
            "phi3",
            "phimoe",
            "plamo",
            "qwen",
            "qwen2",
            "qwen2moe",
            "qwen2vl",
            "qwen3",
            "qwen3moe",
            "qwen3vl",
            "qwen3vlmoe",
            "refact",
            "rnd1",
            "seed_oss",
            "smallthinker",
            "smollm3",
            "stablelm",
            "starcoder",
            "starcoder2",
            "t5",
            "t5encoder",
            "xverse");

    /** Their graphs assert that all of a head is rotated. */
    private static final Set<String> WHOLE_ROTATION = Set.of(
            "apertus",
            "arcee",
            "arctic",
            "baichuan",
            "chameleon",
            "codeshell",
            "cogvlm",
            "dbrx",
            "deci",
            "deepseek",
            "dots1",
            "dream",
            "ernie4_5",
            "ernie4_5-moe",
            "exaone",
            "exaone4",
            "falcon",
            "granite",
            "granitemoe",
            "grok",
            "grovemoe",
            "hunyuan-moe",
            "hunyuan-dense",
            "hunyuan_vl",
            "internlm2",
            "jais2",
            "llada",
            "llada-moe",
            "llama",
            "llama-embed",
            "llama4",
            "maincoder",
            "mellum",
            "mistral3",
            "nemotron",
            "olmo",
            "olmo2",
            "olmoe",
            "orion",
            "paddleocr",
            "pangu-embedded",
            "plamo",
            "qwen2",
            "qwen2moe",
            "qwen2vl",
            "qwen3",
            "qwen3moe",
            "qwen3vl",
            "qwen3vlmoe",
            "rnd1",
            "seed_oss",
            "smallthinker",
            "smollm3",
            "starcoder2",
            "xverse");

    /** A token's position has several axes, each with its section of a head. */
    private static final Set<String> SEVERAL_AXES =
            Set.of("qwen2vl", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "paddleocr");

    private static final Set<String> COMPRESSED_HEADS = Set.of("deepseek2", "deepseek32", "glm-dsa", "mistral4");

    private static final Set<String> GROUPED_STATES = Set.of(
            "mamba2", "granitehybrid", "nemotron_h", "nemotron_h_moe", "falcon-h1", "qwen3next", "qwen35", "qwen35moe");

    private static final Set<String> NEEDS_EXPERTS = Set.of("bailingmoe2", "glm4moe", "grovemoe");

    private Architectures() {}

    /** Whether every layer attends, with heads and keys of its own. */
    static boolean attendsEverywhere(String architecture) {
        return !RECURRENT.contains(architecture) && !MIXED.contains(architecture);
    }

    static boolean isRecurrent(String architecture) {
        return RECURRENT.contains(architecture);
    }

    static boolean hasEqualHeads(String architecture) {
        return EQUAL_HEADS.contains(architecture);
    }

    static boolean rotatesWholeHeads(String architecture) {
        return WHOLE_ROTATION.contains(architecture);
    }

    static boolean hasSeveralAxes(String architecture) {
        return SEVERAL_AXES.contains(architecture);
    }

    /** Whether keys and values may be made from one short vector. */
    static boolean compressesHeads(String architecture) {
        return COMPRESSED_HEADS.contains(architecture);
    }

    /** Whether its state spaces must be twice as wide as the model. */
    static boolean doublesItsWidth(String architecture) {
        return architecture.equals("mamba") || architecture.equals("jamba") || architecture.equals("granitehybrid");
    }

    /** Whether its state spaces are divided into groups and heads. */
    static boolean groupsItsStates(String architecture) {
        return GROUPED_STATES.contains(architecture);
    }

    static boolean needsExperts(String architecture) {
        return NEEDS_EXPERTS.contains(architecture);
    }
}
