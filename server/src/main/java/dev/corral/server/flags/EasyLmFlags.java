package dev.corral.server.flags;

import dev.corral.server.easylm.ChatAffixes;
import dev.corral.server.easylm.Decoding;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.easylm.TextAffixes;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** Flags of EasyLM's dialect: the options of its server, by their names. */
final class EasyLmFlags {

    @Option(
            names = "--easylm-batch-size",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_BATCH_SIZE:-0}",
            description = "Items of a list that are computed at once; 0 for as many as suit the engine "
                    + "(default: ${DEFAULT-VALUE}).")
    int batchSize;

    @Option(
            names = "--easylm-logging",
            defaultValue = "${CORRAL_EASYLM_LOGGING:-false}",
            description = "Log requests to EasyLM's routes, with their texts.")
    boolean logging;

    @Option(
            names = "--easylm-pre-compile",
            paramLabel = "ROUTES",
            split = ",",
            defaultValue = "${CORRAL_EASYLM_PRE_COMPILE}",
            description =
                    "Try these once before the first request: loglikelihood, generate, greedy_until, chat or all.")
    Set<String> preCompile = new LinkedHashSet<>();

    @Option(
            names = "--easylm-greedy-until-max-length",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_GREEDY_UNTIL_MAX_LENGTH:-5000}",
            description = "Most tokens of a text by /greedy-until (default: ${DEFAULT-VALUE}).")
    int greedyUntilMaxLength = EasyLmSettings.STANDARD.greedyUntilMaxLength();

    @Option(
            names = "--easylm-input-length",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_INPUT_LENGTH:-1024}",
            description = "Most tokens of a prefix, of which the last count (default: ${DEFAULT-VALUE}).")
    int inputLength = EasyLmSettings.STANDARD.inputLength();

    @Option(
            names = "--easylm-seq-length",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_SEQ_LENGTH:-2048}",
            description = "Most tokens of a prefix and what comes after it; less where the context is smaller "
                    + "(default: ${DEFAULT-VALUE}).")
    int seqLength = EasyLmSettings.STANDARD.seqLength();

    @Option(
            names = "--easylm-add-bos-token",
            negatable = true,
            defaultValue = "${CORRAL_EASYLM_ADD_BOS_TOKEN:-true}",
            fallbackValue = "true",
            description = "Begin every text with the model's BOS token (default: yes).")
    boolean addBosToken = true;

    @Option(
            names = "--easylm-default-temperature",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_DEFAULT_TEMPERATURE:-1}",
            description = "Temperature where a request names none; 0 to 100 (default: ${DEFAULT-VALUE}).")
    double temperature = 1;

    @Option(
            names = "--easylm-top-k",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_TOP_K:-50}",
            description = "Choose among the k likeliest tokens; 0 for all (default: ${DEFAULT-VALUE}).")
    int topK = Decoding.STANDARD.topK();

    @Option(
            names = "--easylm-top-p",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_TOP_P:-1}",
            description = "Choose among the likeliest tokens up to this probability (default: ${DEFAULT-VALUE}).")
    double topP = Decoding.STANDARD.topP();

    @Option(
            names = "--easylm-do-sample",
            negatable = true,
            defaultValue = "${CORRAL_EASYLM_DO_SAMPLE:-true}",
            fallbackValue = "true",
            description = "Sample texts; otherwise the likeliest token is always taken (default: yes).")
    boolean sample = true;

    @Option(
            names = "--easylm-num-beams",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_NUM_BEAMS:-1}",
            description = "Beams of a beam search; 1 for none (default: ${DEFAULT-VALUE}).")
    int beams = 1;

    @Option(
            names = "--easylm-seed",
            paramLabel = "N",
            defaultValue = "${CORRAL_EASYLM_SEED:-42}",
            description = "Seed of the first text; -1 for another each time (default: ${DEFAULT-VALUE}).")
    long seed = Decoding.STANDARD.seed();

    @Option(
            names = "--easylm-prepend-to-prefix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_PREPEND_TO_PREFIX:-}",
            description = "What goes before every prefix.")
    String prependToPrefix = "";

    @Option(
            names = "--easylm-append-to-prefix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_APPEND_TO_PREFIX:-}",
            description = "What goes behind every prefix.")
    String appendToPrefix = "";

    @Option(
            names = "--easylm-prepend-to-text",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_PREPEND_TO_TEXT:-}",
            description = "What goes before every text that is scored.")
    String prependToText = "";

    @Option(
            names = "--easylm-append-to-text",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_APPEND_TO_TEXT:-}",
            description = "What goes behind every text that is scored.")
    String appendToText = "";

    @Option(
            names = "--easylm-chat-prepend-text",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_CHAT_PREPEND_TEXT:-}",
            description = "What goes before a dialogue.")
    String chatPrepend = "";

    @Option(
            names = "--easylm-chat-user-prefix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_CHAT_USER_PREFIX:-}",
            description = "What goes before what the user says.")
    String chatUserPrefix = "";

    @Option(
            names = "--easylm-chat-user-suffix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_CHAT_USER_SUFFIX:-}",
            description = "What goes behind what the user says.")
    String chatUserSuffix = "";

    @Option(
            names = "--easylm-chat-lm-prefix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_CHAT_LM_PREFIX:-}",
            description = "What goes before what the model says.")
    String chatLmPrefix = "";

    @Option(
            names = "--easylm-chat-lm-suffix",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_CHAT_LM_SUFFIX:-}",
            description = "What goes behind what the model says.")
    String chatLmSuffix = "";

    @Option(
            names = "--easylm-notes",
            paramLabel = "TEXT",
            defaultValue = "${CORRAL_EASYLM_NOTES:-}",
            description = "What EasyLM's chat page says above the dialogue.")
    String notes = "";

    EasyLmSettings toSettings() {
        Set<String> warmed = new HashSet<>(preCompile);
        warmed.remove("");
        return new EasyLmSettings(
                batchSize,
                logging,
                warmed,
                greedyUntilMaxLength,
                inputLength,
                seqLength,
                addBosToken,
                new Decoding(temperature, topK, topP, sample, beams, seed),
                new TextAffixes(prependToPrefix, appendToPrefix, prependToText, appendToText),
                new ChatAffixes(chatPrepend, chatUserPrefix, chatUserSuffix, chatLmPrefix, chatLmSuffix),
                notes);
    }
}
