package dev.corral.server.easylm;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import java.util.Set;

/**
 * The options of EasyLM's server.
 *
 * @param batchSize items of a list that are computed at once; 0 for as many as suit the engine
 * @param logging whether requests are logged, with their texts
 * @param preCompile what is tried once before the first request: loglikelihood, generate, greedy_until, chat or all
 * @param greedyUntilMaxLength most tokens of a text by {@code /greedy-until}
 * @param inputLength most tokens of a prefix, of which the last count
 * @param seqLength tokens that are computed together: a prefix and what comes after it
 * @param addBosToken whether texts begin with the model's BOS token
 * @param notes shown on the chat page
 */
public record EasyLmSettings(
        int batchSize,
        boolean logging,
        Set<String> preCompile,
        int greedyUntilMaxLength,
        int inputLength,
        int seqLength,
        boolean addBosToken,
        Decoding decoding,
        TextAffixes affixes,
        ChatAffixes chat,
        String notes) {

    static final Range LENGTH = Range.atLeast(1);
    private static final Set<String> WARMED = Set.of("loglikelihood", "generate", "greedy_until", "chat", "all");

    public static final EasyLmSettings STANDARD = new EasyLmSettings(
            0, false, Set.of(), 5000, 1024, 2048, true, Decoding.STANDARD, TextAffixes.NONE, ChatAffixes.NONE, "");

    public EasyLmSettings {
        preCompile = Set.copyOf(preCompile);
        Range.atLeast(0).check("easylm-batch-size", batchSize);
        LENGTH.check("easylm-greedy-until-max-length", greedyUntilMaxLength);
        LENGTH.check("easylm-input-length", inputLength);
        LENGTH.check("easylm-seq-length", seqLength);
        if (inputLength >= seqLength) {
            throw new InvalidRequestException(
                    "easylm-input-length", Integer.toString(inputLength), "must be below the sequence's, " + seqLength);
        }
        preCompile.stream().filter(name -> !WARMED.contains(name)).findAny().ifPresent(name -> {
            throw new InvalidRequestException(
                    "easylm-pre-compile", name, "must be of loglikelihood, generate, greedy_until, chat, all");
        });
    }

    public EasyLmSettings with(ChatAffixes others) {
        return new EasyLmSettings(
                batchSize,
                logging,
                preCompile,
                greedyUntilMaxLength,
                inputLength,
                seqLength,
                addBosToken,
                decoding,
                affixes,
                others,
                notes);
    }

    public EasyLmSettings withLengths(int input, int sequence) {
        return new EasyLmSettings(
                batchSize,
                logging,
                preCompile,
                greedyUntilMaxLength,
                input,
                sequence,
                addBosToken,
                decoding,
                affixes,
                chat,
                notes);
    }

    boolean warms(String endpoint) {
        return preCompile.contains(endpoint) || preCompile.contains("all");
    }

    /** The lengths that a context of this size has room for: smaller ones in the same proportion, where it is too small. */
    Lengths lengths(int contextSize) {
        int most = contextSize - 2;
        return seqLength <= most
                ? new Lengths(inputLength, seqLength)
                : new Lengths(Math.max(1, (int) ((long) inputLength * most / seqLength)), most);
    }

    /**
     * Lengths in tokens.
     *
     * @param input of a prefix
     * @param sequence of it and what comes after it
     */
    record Lengths(int input, int sequence) {
        int output() {
            return sequence - input;
        }
    }
}
