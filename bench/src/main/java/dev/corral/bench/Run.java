package dev.corral.bench;

import dev.corral.bench.measure.Check;
import dev.corral.bench.measure.Row;
import dev.corral.bench.peer.Children;
import dev.corral.bench.scenario.Bench;
import dev.corral.bench.scenario.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Scenarios one after the other. One that takes too long loses its servers, fails by that, and the next one begins. */
final class Run {

    private static final Duration SCENARIO_LIMIT = Duration.ofMinutes(8);

    private final Bench bench;
    private final Children children;
    private final long end;
    private final Consumer<String> progress;
    private int failures;

    Run(Bench bench, Children children, Duration limit, Consumer<String> progress) {
        this.bench = bench;
        this.children = children;
        this.end = System.nanoTime() + limit.toNanos();
        this.progress = progress;
    }

    List<Row> all(List<Scenario> scenarios) {
        List<Row> rows = new ArrayList<>();
        try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            for (Scenario scenario : scenarios) {
                rows.addAll(one(scenario, clock));
            }
        }
        return rows;
    }

    /** How many scenarios could not be measured. */
    int failures() {
        return failures;
    }

    private List<Row> one(Scenario scenario, ScheduledExecutorService clock) {
        long left = Math.min(SCENARIO_LIMIT.toNanos(), end - System.nanoTime());
        if (left <= 0) {
            return failed(scenario, "the run's time was over");
        }
        children.admit();
        progress.accept(scenario.name() + ": " + scenario.title());
        AtomicBoolean late = new AtomicBoolean();
        ScheduledFuture<?> alarm = clock.schedule(
                () -> {
                    late.set(true);
                    children.refuse();
                },
                left,
                TimeUnit.NANOSECONDS);
        long begun = System.nanoTime();
        try {
            List<Row> rows = scenario.run(bench);
            rows.forEach(this::tell);
            return rows;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return failed(scenario, late.get() ? "took too long" : reason(e));
        } finally {
            alarm.cancel(false);
            children.refuse();
            progress.accept("  (%d s)"
                    .formatted(Duration.ofNanos(System.nanoTime() - begun).toSeconds()));
        }
    }

    private String reason(Exception e) {
        List<String> surprises = children.surprises();
        return e.getMessage() + (surprises.isEmpty() ? "" : " (" + String.join(", ", surprises) + ")");
    }

    private List<Row> failed(Scenario scenario, String why) {
        failures++;
        Row row = Row.failed(scenario.title(), why.lines().findFirst().orElse(why));
        progress.accept("  " + scenario.name() + " could not be measured: " + why);
        return List.of(row);
    }

    private void tell(Row row) {
        progress.accept("  " + row.work());
        progress.accept("    llama-server %s; limit %s; Corral %s"
                .formatted(dash(row.llamaServer()), dash(row.limit()), dash(row.corral())));
        for (Check check : row.checks()) {
            progress.accept("    " + check.inWords());
        }
    }

    private static String dash(String figure) {
        return figure.isEmpty() ? "–" : figure;
    }
}
