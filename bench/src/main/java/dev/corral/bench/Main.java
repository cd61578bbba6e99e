package dev.corral.bench;

import dev.corral.bench.jmh.EngineBenchmarks;
import dev.corral.bench.jmh.EnginePage;
import dev.corral.bench.measure.Row;
import dev.corral.bench.peer.Children;
import dev.corral.bench.peer.Installation;
import dev.corral.bench.report.Machine;
import dev.corral.bench.report.Provenance;
import dev.corral.bench.report.Report;
import dev.corral.bench.scenario.Bench;
import dev.corral.bench.scenario.Effort;
import dev.corral.bench.scenario.Scenario;
import dev.corral.bench.scenario.Scenarios;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import org.openjdk.jmh.results.RunResult;
import picocli.CommandLine;

/** What scripts/bench starts. */
public final class Main {

    private static final int NOT_MEASURED = 1;
    private static final int WRONG_ARGUMENTS = 2;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        BenchOptions options = new BenchOptions();
        int status;
        try {
            new CommandLine(options).parseArgs(arguments);
            status = options.jmh ? benchmarkEngine(options) : compareServers(options);
        } catch (CommandLine.ParameterException | IllegalArgumentException e) {
            say("scripts/bench: " + e.getMessage());
            status = WRONG_ARGUMENTS;
        }
        System.exit(status);
    }

    private static int benchmarkEngine(BenchOptions options) throws Exception {
        Machine machine = Machine.here();
        EngineBenchmarks benchmarks = new EngineBenchmarks(
                options.root.toAbsolutePath().normalize(),
                options.model.toAbsolutePath(),
                options.loop.toAbsolutePath(),
                options.quick);
        Collection<RunResult> results = benchmarks.run(options.only);
        EnginePage page = new EnginePage(
                results,
                options.only.isEmpty() ? OptionalDouble.of(benchmarks.bytesPerToken()) : OptionalDouble.empty());
        String provenance = "%s, commit %s%s"
                .formatted(LocalDate.now(ZoneOffset.UTC), Source.commit(options.root), options.quick ? ", quick" : "");
        say("wrote " + page.write(options.folder(), machine, provenance));
        page.checks().forEach(check -> say(check.inWords()));
        return 0;
    }

    private static int compareServers(BenchOptions options) throws Exception {
        List<Scenario> scenarios = Scenarios.named(options.only);
        Path folder = options.folder();
        Path logs = options.root.resolve("build/bench/logs");
        Installation installation = new Installation(
                options.root.toAbsolutePath().normalize(),
                options.peer.toAbsolutePath(),
                options.model.toAbsolutePath(),
                logs,
                options.threads);
        Machine machine = Machine.here();
        if (machine.busy()) {
            say("the machine is busy (load %.1f): the figures will mean little".formatted(machine.loadBefore()));
        }
        Instant begun = Instant.now();
        try (Children children = new Children(logs)) {
            Runtime.getRuntime().addShutdownHook(new Thread(children::close));
            Effort effort = options.effort();
            Bench bench = new Bench(installation, children, effort, Main::say);
            Run run = new Run(bench, children, Duration.ofMinutes(options.limitMinutes), Main::say);
            String llama = installation.llamaVersion(children);
            List<Row> rows = run.all(scenarios);
            Provenance provenance = new Provenance(
                    begun,
                    Duration.between(begun, Instant.now()).toSeconds() / 60.0,
                    Source.commit(options.root),
                    llama,
                    options.model.getFileName().toString(),
                    options.shown(),
                    "-t %d -b 2048 -ub 512".formatted(options.threads));
            new Report(provenance, machine, rows, bench.plots(), effort.quick()).write(folder);
            say("wrote " + folder.resolve("README.md"));
            say(count(rows));
            return run.failures() == 0 ? 0 : NOT_MEASURED;
        }
    }

    private static String count(List<Row> rows) {
        List<String> missed = new ArrayList<>();
        for (Row row : rows) {
            if (!row.passed()) {
                missed.add(row.work());
            }
        }
        return missed.isEmpty()
                ? "all rows reached what they must"
                : "%d of %d rows missed: %s".formatted(missed.size(), rows.size(), String.join("; ", missed));
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
