package dev.corral.bench.scenario;

import dev.corral.bench.measure.Row;
import java.util.List;

/** Some work that clients do, and what is read off. */
public interface Scenario {

    /** What {@code --only} calls it. */
    String name();

    /** What the table calls it. */
    String title();

    /**
     * Does the work, on every contender in turn.
     *
     * @return the rows of the table that come of it
     */
    List<Row> run(Bench bench) throws Exception;
}
