package dev.corral.server.flags;

import dev.corral.engine.Range;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Flags that say when a model is in memory. */
final class ResidenceFlags {

    private static final Range SECONDS = Range.of(-1, 100_000_000);

    @Option(
            names = {"--idle-unload", "--sleep-idle-seconds"},
            paramLabel = "SECONDS",
            defaultValue = "${LLAMA_ARG_SLEEP_IDLE_SECONDS:--1}",
            description = "Take a model out of memory that nobody has used for so long; the next request loads it "
                    + "again. -1 for never (default: ${DEFAULT-VALUE}).")
    int idleUnload = -1;

    @Option(names = "--pin", description = "Keep a model in memory from the start: no other takes its place.")
    boolean pin;

    @Option(names = "--preload", description = "Load a model at the start, not at its first request.")
    boolean preload;

    Optional<Duration> idle() {
        SECONDS.check("idle-unload", idleUnload);
        return idleUnload < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(idleUnload));
    }
}
