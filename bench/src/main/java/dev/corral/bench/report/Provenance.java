package dev.corral.bench.report;

import java.time.Instant;
import java.util.List;

/**
 * What was measured, when, and how.
 *
 * @param begun when the run began
 * @param minutes that it took
 * @param commit of the source tree, and whether it had changes
 * @param llama the version that llama-server says
 * @param model the file's name
 * @param arguments of scripts/bench
 * @param settings of the servers, which both got
 */
public record Provenance(
        Instant begun,
        double minutes,
        String commit,
        String llama,
        String model,
        List<String> arguments,
        String settings) {

    public Provenance {
        arguments = List.copyOf(arguments);
    }
}
