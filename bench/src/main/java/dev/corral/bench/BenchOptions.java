package dev.corral.bench;

import dev.corral.bench.scenario.Effort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The flags of scripts/bench, and where it says that things are. */
@Command(name = "scripts/bench", sortOptions = false)
final class BenchOptions {

    @Option(names = "--quick")
    boolean quick;

    @Option(names = "--only", arity = "1..*", paramLabel = "NAME")
    List<String> only = new ArrayList<>();

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3")
    int rounds = 3;

    @Option(names = "--threads", paramLabel = "N")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--streams", paramLabel = "N", split = ",", defaultValue = "4,8,16,32")
    List<Integer> streams = List.of(4, 8, 16, 32);

    @Option(names = "--limit", paramLabel = "MINUTES", defaultValue = "25")
    int limitMinutes = 25;

    @Option(names = "--out", paramLabel = "DIR")
    @Nullable
    Path out;

    @Option(names = "--jmh")
    boolean jmh;

    @Option(names = "--model", paramLabel = "FILE", required = true)
    Path model = Path.of("");

    @Option(names = "--root", paramLabel = "DIR", required = true, hidden = true)
    Path root = Path.of("");

    @Option(names = "--peer", paramLabel = "DIR", required = true, hidden = true)
    Path peer = Path.of("");

    @Option(names = "--loop", paramLabel = "FILE", hidden = true)
    Path loop = Path.of("");

    /** A run of everything at full size goes into the documentation; any other one must not replace it. */
    Path folder() {
        if (out != null) {
            return out;
        }
        return quick || !only.isEmpty() ? root.resolve("build/bench") : root.resolve("docs/benchmarks");
    }

    Effort effort() {
        if (rounds < 1
                || threads < 1
                || limitMinutes < 1
                || streams.stream().anyMatch(count -> count < 1 || count > 256)) {
            throw new IllegalArgumentException("--rounds, --threads, --limit and --streams must be at least 1");
        }
        return new Effort(quick, quick ? 1 : rounds, quick ? streams.subList(0, Math.min(2, streams.size())) : streams);
    }

    /** The arguments that say how it was measured. */
    List<String> shown() {
        List<String> all =
                new ArrayList<>(List.of("--rounds", String.valueOf(rounds), "--threads", String.valueOf(threads)));
        if (quick) {
            all.addFirst("--quick");
        }
        if (!only.isEmpty()) {
            all.add("--only");
            all.addAll(only);
        }
        return all;
    }
}
