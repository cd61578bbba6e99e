package dev.corral.engine.local.schedule;

import dev.corral.engine.local.completion.Completion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whose turn the next step is. A context applies one set of adapters at a time, so a step computes the completions of one
 * set. With n sets in slots, none is passed over by more than n steps in a row; within that bound the set of the last step
 * goes on, since each switch costs the engine time. Two sets so take turns of two steps.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class AdapterTurns {

    private final Map<String, Integer> passedOver = new HashMap<>();
    private String current = "";

    /**
     * The set that the next step computes; the answer is the same until {@link #computed}.
     *
     * @param running the completions in slots
     */
    String next(List<Completion> running) {
        String first = running.isEmpty() ? current : running.getFirst().space().adapters();
        if (allHave(running, first)) {
            return first;
        }
        Map<String, Integer> members = new HashMap<>();
        running.forEach(completion -> members.merge(completion.space().adapters(), 1, Integer::sum));
        return next(members);
    }

    /** @param members how many completions each set has */
    String next(Map<String, Integer> members) {
        List<String> others = new ArrayList<>(members.keySet());
        boolean mayGoOn = others.remove(current);
        others.sort(Comparator.comparingInt(this::passedOver)
                .thenComparingInt(members::get)
                .reversed()
                .thenComparing(Comparator.naturalOrder()));
        for (int i = 0; i < others.size() && mayGoOn; i++) {
            mayGoOn = passedOver(others.get(i)) + 1 + i <= members.size();
        }
        return mayGoOn ? current : others.getFirst();
    }

    private static boolean allHave(List<Completion> running, String set) {
        for (int i = 0; i < running.size(); i++) {
            if (!running.get(i).space().adapters().equals(set)) {
                return false;
            }
        }
        return true;
    }

    private int passedOver(String set) {
        return passedOver.getOrDefault(set, 0);
    }

    /** Says that a step computed a set while all these were in slots. */
    void computed(String set, List<Completion> running) {
        current = set;
        if (passedOver.isEmpty() && allHave(running, set)) {
            return;
        }
        List<String> active = running.stream()
                .map(completion -> completion.space().adapters())
                .distinct()
                .toList();
        computed(set, active);
    }

    void computed(String set, Iterable<String> active) {
        current = set;
        Map<String, Integer> before = Map.copyOf(passedOver);
        passedOver.clear();
        for (String other : active) {
            if (!other.equals(set)) {
                passedOver.put(other, before.getOrDefault(other, 0) + 1);
            }
        }
    }
}
