package dev.corral.server.flags;

import dev.corral.engine.Sampling;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Flags for how repetition is penalized where a request says nothing. */
public final class PenaltyFlags {

    private static final String NO_BREAKERS = "none";

    @Option(
            names = "--repeat-penalty",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_REPEAT_PENALTY:-1}",
            description = "Penalty on tokens seen before; 1 for none (default: ${DEFAULT-VALUE}).")
    double repeat = 1;

    @Option(
            names = "--repeat-last-n",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many tokens back penalties look (default: ${DEFAULT-VALUE}).")
    int lastN = 64;

    @Option(
            names = "--presence-penalty",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_PRESENCE_PENALTY:-0}",
            description = "Subtracted from a token seen before (default: ${DEFAULT-VALUE}).")
    double presence;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_FREQUENCY_PENALTY:-0}",
            description = "Subtracted from it each time it was seen (default: ${DEFAULT-VALUE}).")
    double frequency;

    @Option(
            names = "--dry-multiplier",
            paramLabel = "N",
            defaultValue = "0",
            description = "Penalty on what would repeat a run of tokens; 0 for none (default: ${DEFAULT-VALUE}).")
    double dryMultiplier;

    @Option(
            names = "--dry-base",
            paramLabel = "N",
            defaultValue = "1.75",
            description = "How it grows with the run (default: ${DEFAULT-VALUE}).")
    double dryBase = Sampling.Dry.OFF.base();

    @Option(
            names = "--dry-allowed-length",
            paramLabel = "N",
            defaultValue = "2",
            description = "Runs up to this length go unpunished (default: ${DEFAULT-VALUE}).")
    int dryAllowedLength = Sampling.Dry.OFF.allowedLength();

    @Option(
            names = "--dry-penalty-last-n",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many tokens back it looks; -1 for the whole context (default: ${DEFAULT-VALUE}).")
    int dryLastN = Sampling.Dry.OFF.lastN();

    @Option(
            names = "--dry-sequence-breaker",
            paramLabel = "TEXT",
            description = "No run goes on across this text; may be given several times, in place of line breaks, "
                    + "colons, quotes and asterisks; none for no text.")
    List<String> breakers = new ArrayList<>();

    Sampling.Penalties toPenalties() {
        return new Sampling.Penalties(lastN, repeat, frequency, presence);
    }

    Sampling.Dry toDry() {
        return new Sampling.Dry(dryMultiplier, dryBase, dryAllowedLength, dryLastN, breakers());
    }

    private List<String> breakers() {
        if (breakers.isEmpty()) {
            return Sampling.Dry.OFF.breakers();
        }
        return breakers.equals(List.of(NO_BREAKERS)) ? List.of() : breakers;
    }
}
