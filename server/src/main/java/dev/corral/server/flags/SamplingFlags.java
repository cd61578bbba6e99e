package dev.corral.server.flags;

import dev.corral.engine.Limits;
import dev.corral.engine.Sampling;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Flags for what holds where a request says nothing. */
public final class SamplingFlags {

    @Option(
            names = {"-n", "--predict", "--n-predict"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_N_PREDICT:--1}",
            description = "Most tokens to generate; -1 for no limit (default: ${DEFAULT-VALUE}).")
    int maxTokens = Limits.UNLIMITED;

    @Option(
            names = "--context-shift",
            negatable = true,
            defaultValue = "${LLAMA_ARG_CONTEXT_SHIFT:-false}",
            fallbackValue = "false",
            description = "Go on when the context is full, by forgetting tokens in its middle (default: no).")
    boolean shift;

    @Option(
            names = "--keep",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tokens of the prompt that stay then; -1 for all (default: ${DEFAULT-VALUE}).")
    int keep;

    @Option(
            names = {"--temp", "--temperature"},
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_TEMPERATURE:-0.8}",
            description = "Temperature; 0 always takes the likeliest token (default: ${DEFAULT-VALUE}).")
    double temperature = 0.8;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_TOP_K:-40}",
            description = "Choose among the k likeliest tokens; 0 for all (default: ${DEFAULT-VALUE}).")
    int topK = 40;

    @Option(
            names = "--top-p",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_TOP_P:-0.95}",
            description = "Choose among the likeliest tokens up to this probability (default: ${DEFAULT-VALUE}).")
    double topP = 0.95;

    @Option(
            names = "--min-p",
            paramLabel = "N",
            defaultValue = "${LLAMA_ARG_MIN_P:-0.05}",
            description = "Choose among tokens at least this likely beside the likeliest (default: ${DEFAULT-VALUE}).")
    double minP = 0.05;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "N",
            defaultValue = "-1",
            description = "Seed of the random choice; -1 for another each time (default: ${DEFAULT-VALUE}).")
    long seed = -1;

    Optional<Limits.ContextShift> contextShift() {
        Limits.ContextShift.KEEP.check("keep", keep);
        return shift ? Optional.of(new Limits.ContextShift(keep, 0)) : Optional.empty();
    }

    /** @param rare flags for further samplers */
    public Limits toLimits() {
        return Limits.tokens(maxTokens);
    }

    public Sampling toSampling(PenaltyFlags penalties, RareSamplingFlags rare) {
        return rare.applyTo(Sampling.builder())
                .temperature(temperature)
                .topK(topK)
                .topP(topP)
                .minP(minP)
                .penalties(penalties.toPenalties())
                .dry(penalties.toDry())
                .seed(seed)
                .build();
    }
}
