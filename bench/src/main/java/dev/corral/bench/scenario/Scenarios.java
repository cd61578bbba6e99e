package dev.corral.bench.scenario;

import java.util.List;

/** All scenarios, in the order of the table. */
public final class Scenarios {

    private static final List<Scenario> ALL = List.of(
            new OneStream(),
            new Streams(),
            new SharedPrefix(),
            new LongPrompt(),
            new Conversations(),
            new ManyConversations(),
            new Restart(),
            new FirstToken(),
            new Tokenize(),
            new JsonSchema(),
            new Scoring(),
            new Repetitive(),
            new Oversubscribed(),
            new StartToReady(),
            new ResidentMemory(),
            new Clients());

    private Scenarios() {}

    public static List<Scenario> all() {
        return ALL;
    }

    /**
     * Those of these names; all of them when there are none.
     *
     * @throws IllegalArgumentException naming a name that none has
     */
    public static List<Scenario> named(List<String> names) {
        for (String name : names) {
            if (ALL.stream().noneMatch(scenario -> scenario.name().equals(name))) {
                throw new IllegalArgumentException("there is no '" + name + "'; there are "
                        + String.join(", ", ALL.stream().map(Scenario::name).toList()));
            }
        }
        return ALL.stream()
                .filter(scenario -> names.isEmpty() || names.contains(scenario.name()))
                .toList();
    }
}
