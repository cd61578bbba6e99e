package dev.corral.bench.measure;

import java.util.LinkedHashMap;
import java.util.Map;

/** Contenders that are measured in turn, A B A B, so that what disturbs the machine disturbs all. Not thread-safe. */
public final class Turns {

    /** Does the work once and says what came of it. */
    @FunctionalInterface
    public interface Measured {
        double measure(int round) throws Exception;
    }

    private final Map<String, Measured> contenders = new LinkedHashMap<>();

    public Turns add(String name, Measured contender) {
        contenders.put(name, contender);
        return this;
    }

    /** Everybody's samples, one a round. */
    public Map<String, Samples> run(int rounds) throws Exception {
        Map<String, Samples> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, Measured> contender : contenders.entrySet()) {
                results.computeIfAbsent(contender.getKey(), name -> new Samples())
                        .add(contender.getValue().measure(round));
            }
        }
        return results;
    }
}
