package dev.corral.engine.local.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTurnsTest {

    private final AdapterTurns turns = new AdapterTurns();

    private String step(Map<String, Integer> members) {
        String set = turns.next(members);
        assertThat(turns.next(members)).as("asking changes nothing").isEqualTo(set);
        turns.computed(set, members.keySet());
        return set;
    }

    private String steps(int count, Map<String, Integer> members) {
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < count; i++) {
            order.append(step(members));
        }
        return order.toString();
    }

    @Test
    void oneSetHasEveryTurn() {
        assertThat(steps(5, Map.of("a", 3))).isEqualTo("aaaaa");
    }

    @Test
    void twoSetsTakeTurnsOfTwoSteps() {
        assertThat(steps(9, Map.of("a", 1, "b", 1))).isEqualTo("aabbaabba");
    }

    @Test
    void theSetWithMoreCompletionsGoesFirst() {
        assertThat(steps(1, Map.of("a", 1, "b", 4, "c", 2))).isEqualTo("b");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nobodyIsPassedOverMoreOftenThanThereAreSets(long seed) {
        Random random = new Random(seed);
        Map<String, Integer> members = new HashMap<>(Map.of("a", 1));
        Map<String, Integer> passedOver = new HashMap<>();
        Map<String, Integer> mostSets = new HashMap<>();
        for (int i = 0; i < 3000; i++) {
            if (random.nextInt(4) == 0) {
                change(members, random);
            }
            passedOver.keySet().retainAll(members.keySet());
            mostSets.keySet().retainAll(members.keySet());
            String set = step(members);
            assertThat(members).containsKey(set);
            for (String each : members.keySet()) {
                mostSets.merge(each, members.size(), Math::max);
                int missed = each.equals(set) ? 0 : passedOver.getOrDefault(each, 0) + 1;
                passedOver.put(each, missed);
                assertThat(missed).as("seed %d, step %d, %s", seed, i, each).isLessThanOrEqualTo(mostSets.get(each));
                if (missed == 0) {
                    mostSets.remove(each);
                }
            }
        }
    }

    private static void change(Map<String, Integer> members, Random random) {
        String name = Character.toString('a' + random.nextInt(7));
        if (members.size() > 1 && members.containsKey(name)) {
            members.remove(name);
        } else {
            members.put(name, 1 + random.nextInt(4));
        }
    }

    @Test
    void fewStepsSwitch() {
        for (int sets = 2; sets < 8; sets++) {
            Map<String, Integer> members = new HashMap<>();
            for (int i = 0; i < sets; i++) {
                members.put(Character.toString('a' + i), 1);
            }
            List<String> order = new ArrayList<>();
            for (int i = 0; i < 100 * sets; i++) {
                order.add(step(members));
            }
            int switches = 0;
            for (int i = 1; i < order.size(); i++) {
                switches += order.get(i).equals(order.get(i - 1)) ? 0 : 1;
            }
            assertThat(switches).as("%d sets", sets).isLessThanOrEqualTo(100 * sets * sets / (sets + 1) + sets);
        }
    }
}
