package dev.corral.bench.jmh;

import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Figure;
import dev.corral.bench.report.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The page about the engine's own overhead. */
public final class EnginePage {

    private static final double STEP_MICROSECONDS = 200;
    private static final double SLOWER_THAN_LOOP = 1.2;

    private static final Map<String, String> WORK = Map.ofEntries(
            Map.entry("stepOf64Streams", "a step of 64 streams, decoding and choosing tokens left out"),
            Map.entry(
                    "longestOfKnownPrompt",
                    "longest cached prefix of a 10,000-token prompt that is held, 64 sequences"),
            Map.entry("longestOfNewPrompt", "longest cached prefix of a 10,000-token prompt that is new, 64 sequences"),
            Map.entry("oneToken", "one token's bytes to text, with two stop strings"),
            Map.entry("greedyRow", "greedy choice among 152,064 logits, the engine's"),
            Map.entry("greedyLoop", "greedy choice among 152,064 logits, a C++ loop"),
            Map.entry("topKRow", "choice among the 40 likeliest of 152,064 logits, the engine's"),
            Map.entry("topKLoop", "choice among the 40 likeliest of 152,064 logits, a C++ loop with a heap"),
            Map.entry("topPRow", "choice among 152,064 logits by top-p, the engine's"),
            Map.entry("topPLoop", "choice among 152,064 logits by top-p, a C++ loop"),
            Map.entry("minPRow", "choice among 152,064 logits by min-p, the engine's"),
            Map.entry("minPLoop", "choice among 152,064 logits by min-p, a C++ loop"),
            Map.entry(
                    "usualRow",
                    "choice among 152,064 logits by penalties, top-k, top-p, min-p and temperature, the engine's"));

    private final Map<String, Result<?>> results = new LinkedHashMap<>();
    private final OptionalDouble bytesPerToken;

    /** @param bytesPerToken what the engine thread allocates; empty when that was not measured */
    public EnginePage(Collection<RunResult> runs, OptionalDouble bytesPerToken) {
        for (RunResult run : runs) {
            results.put(run.getPrimaryResult().getLabel(), run.getPrimaryResult());
        }
        this.bytesPerToken = bytesPerToken;
    }

    /** Writes engine.md into a folder. */
    public Path write(Path folder, Machine machine, String provenance) throws IOException {
        StringBuilder page = new StringBuilder("# The engine's own overhead\n\n");
        if (machine.busy()) {
            page.append("**The machine was busy before the run (load %.1f). Its figures are not to be trusted.**\n\n"
                    .formatted(machine.loadBefore()));
        }
        page.append("By JMH, one thread, one JVM a benchmark (`scripts/bench --jmh`).\n\n- %s\n- %s\n\n"
                .formatted(machine.inWords(), provenance));
        page.append("| Benchmark | figure |\n|---|---|\n");
        results.forEach((name, result) ->
                page.append("| %s | %s |\n".formatted(WORK.getOrDefault(name, name), figure(result))));
        bytesPerToken.ifPresent(bytes ->
                page.append("| Java heap that a step allocates | %s a token |\n".formatted(Figure.of(bytes, "bytes"))));
        page.append("\n| must reach | reached |\n|---|---|\n");
        for (Check check : checks()) {
            page.append("| %s | %s |\n"
                    .formatted(check.must(), check.reached() + (check.passed() ? ": pass" : ": **miss**")));
        }
        Files.createDirectories(folder);
        return Files.writeString(folder.resolve("engine.md"), page);
    }

    private static String figure(Result<?> result) {
        String unit = result.getScoreUnit().replace("us/op", "µs").replace("ns/op", "ns");
        return result.getStatistics().getN() > 1000
                ? String.format(
                        Locale.ROOT,
                        "p50 %.1f, p99 %.1f %s",
                        result.getStatistics().getPercentile(50),
                        result.getStatistics().getPercentile(99),
                        unit)
                : Figure.of(result.getScore(), unit);
    }

    /** What must be reached, as far as it was measured. */
    public List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        Optional.ofNullable(results.get("stepOf64Streams")).ifPresent(step -> {
            double p99 = step.getStatistics().getPercentile(99);
            checks.add(new Check("a step of 64 streams: p99 ≤ 200 µs", Figure.of(p99, "µs"), p99 <= STEP_MICROSECONDS));
        });
        bytesPerToken.ifPresent(bytes -> checks.add(
                new Check("no allocation per token on the engine thread", Figure.of(bytes, "bytes"), bytes < 1)));
        compare("greedy", checks);
        compare("topK", checks);
        return checks;
    }

    private void compare(String kind, List<Check> checks) {
        Result<?> row = results.get(kind + "Row");
        Result<?> loop = results.get(kind + "Loop");
        if (row != null && loop != null) {
            checks.add(Check.atMost(
                    SLOWER_THAN_LOOP,
                    "× a C++ loop: %s of %,d logits"
                            .formatted(kind.equals("topK") ? "top-k" : kind, WideModel.VOCABULARY),
                    row.getScore() / loop.getScore()));
        }
    }
}
