package dev.corral.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.bench.load.Json;
import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * All that a run found out.
 *
 * @param quick whether it was only to see that the program works
 */
public record Report(Provenance provenance, Machine machine, List<Row> rows, List<Plot> plots, boolean quick) {

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    public Report {
        rows = List.copyOf(rows);
        plots = List.copyOf(plots);
    }

    /** Writes README.md, results.json and the plots into a folder, over those of an earlier run. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Plot plot : plots) {
            Files.writeString(folder.resolve(plot.file()), plot.svg());
        }
        Files.writeString(folder.resolve("results.json"), toJson() + "\n");
        Files.writeString(folder.resolve("README.md"), toMarkdown());
    }

    String toMarkdown() {
        StringBuilder page = new StringBuilder("# Benchmarks\n\n");
        if (quick) {
            page.append("**A quick run, to see that the program works. Its figures mean nothing.**\n\n");
        }
        if (machine.busy()) {
            page.append("**The machine was busy before the run (load %.1f). Its figures are not to be trusted.**\n\n"
                    .formatted(machine.loadBefore()));
        }
        page.append("""
                Corral's server beside llama.cpp's own, in one run of `scripts/bench`: each contender's turn comes in every round,
                and figures are medians. All of them are built from the same source of llama.cpp with the same flags and get the
                same model, threads, context and batch sizes; every request is greedy and generates exactly as many tokens as it
                asks for. Corral brings two kernels for CPUs (`docs/decisions/0006-operations-of-our-own.md`), one of which is for
                weights in Q4_1, such as the default model's. The limit is llama.cpp's engine without a server
                (llama-batched-bench) doing the same work, prompts included.
                What counts is the ratio; absolute figures say only what size things have on this machine. How each row is measured:
                `docs/benchmarks/method.md`.

                """);
        page.append("- %s\n".formatted(machine.inWords()));
        page.append("- %s, %.0f minutes, commit %s\n"
                .formatted(DAY.format(provenance.begun()), provenance.minutes(), provenance.commit()));
        page.append("- %s; model %s\n".formatted(provenance.llama(), provenance.model()));
        page.append("- servers: `%s`; `scripts/bench %s`\n\n"
                .formatted(provenance.settings(), String.join(" ", provenance.arguments())));
        appendTable(page);
        appendNotes(page);
        for (Plot plot : plots) {
            page.append("\n![%s](%s)\n".formatted(plot.caption(), plot.file()));
        }
        page.append("\nEvery sample is in [results.json](results.json).\n");
        return page.toString();
    }

    private void appendTable(StringBuilder page) {
        page.append("| Work | llama-server | limit | Corral | must reach | reached |\n|---|---|---|---|---|---|\n");
        for (Row row : rows) {
            page.append("| %s | %s | %s | %s | %s | %s |\n"
                    .formatted(
                            row.work(),
                            row.llamaServer(),
                            row.limit(),
                            row.corral(),
                            lines(row.checks(), false),
                            lines(row.checks(), true)));
        }
        long checks = rows.stream().mapToLong(row -> row.checks().size()).sum();
        long passed = rows.stream()
                .flatMap(row -> row.checks().stream())
                .filter(Check::passed)
                .count();
        page.append("\n%d of %d reached.\n".formatted(passed, checks));
    }

    private static String lines(List<Check> checks, boolean reached) {
        return checks.stream()
                .map(check -> reached ? check.reached() + (check.passed() ? ": pass" : ": **miss**") : check.must())
                .collect(Collectors.joining("<br>"));
    }

    private void appendNotes(StringBuilder page) {
        List<String> notes = rows.stream().flatMap(row -> row.notes().stream()).toList();
        if (!notes.isEmpty()) {
            page.append('\n');
            notes.forEach(note -> page.append("- ").append(note).append('\n'));
        }
    }

    String toJson() {
        ObjectNode root = Json.object()
                .put("begun", provenance.begun().toString())
                .put("commit", provenance.commit())
                .put("llama", provenance.llama())
                .put("model", provenance.model())
                .put("arguments", String.join(" ", provenance.arguments()))
                .put("machine", machine.inWords())
                .put("load_before", machine.loadBefore())
                .put("quick", quick);
        ArrayNode all = root.putArray("rows");
        for (Row row : rows) {
            ObjectNode one = all.addObject()
                    .put("work", row.work())
                    .put("llama_server", row.llamaServer())
                    .put("limit", row.limit())
                    .put("corral", row.corral());
            ArrayNode checks = one.putArray("checks");
            for (Check check : row.checks()) {
                checks.addObject()
                        .put("must", check.must())
                        .put("reached", check.reached())
                        .put("passed", check.passed());
            }
            ArrayNode series = one.putArray("series");
            for (Series samples : row.series()) {
                ArrayNode values = series.addObject()
                        .put("name", samples.name())
                        .put("unit", samples.unit())
                        .putArray("values");
                samples.values().forEach(values::add);
            }
        }
        return Json.pretty(root);
    }
}
