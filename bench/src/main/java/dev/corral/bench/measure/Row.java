package dev.corral.bench.measure;

import java.util.ArrayList;
import java.util.List;

/**
 * A row of the table.
 *
 * @param work what was done
 * @param llamaServer its figure, with the unit; empty where it has none
 * @param limit the engine's figure without a server; empty where it has none
 * @param corral Corral's figure
 * @param checks what Corral must reach
 * @param notes sentences for below the table
 * @param series the samples behind the figures
 */
public record Row(
        String work,
        String llamaServer,
        String limit,
        String corral,
        List<Check> checks,
        List<String> notes,
        List<Series> series) {

    public Row {
        checks = List.copyOf(checks);
        notes = List.copyOf(notes);
        series = List.copyOf(series);
    }

    public static Row of(String work) {
        return new Row(work, "", "", "", List.of(), List.of(), List.of());
    }

    /** One that could not be measured. */
    public static Row failed(String work, String why) {
        return of(work).check(new Check("to be measured", why, false));
    }

    public Row llamaServer(String figure) {
        return new Row(work, figure, limit, corral, checks, notes, series);
    }

    public Row limit(String figure) {
        return new Row(work, llamaServer, figure, corral, checks, notes, series);
    }

    public Row corral(String figure) {
        return new Row(work, llamaServer, limit, figure, checks, notes, series);
    }

    public Row check(Check check) {
        return new Row(work, llamaServer, limit, corral, plus(checks, check), notes, series);
    }

    public Row note(String sentence) {
        return new Row(work, llamaServer, limit, corral, checks, plus(notes, sentence), series);
    }

    public Row series(Series more) {
        return new Row(work, llamaServer, limit, corral, checks, notes, plus(series, more));
    }

    /** True when all that it must reach was reached. */
    public boolean passed() {
        return checks.stream().allMatch(Check::passed);
    }

    private static <T> List<T> plus(List<T> list, T more) {
        List<T> all = new ArrayList<>(list);
        all.add(more);
        return all;
    }
}
