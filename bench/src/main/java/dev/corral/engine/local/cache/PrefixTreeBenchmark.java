package dev.corral.engine.local.cache;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Finding the longest cached prefix of a 10,000-token prompt among 64 sequences that share their first half. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@NullUnmarked
public class PrefixTreeBenchmark {

    private static final int SEQUENCES = 64;
    private static final int TOKENS = 10_000;
    private static final int VOCABULARY = 50_000;

    private final PrefixTree tree = new PrefixTree();
    private int[] known;
    private int[] unknown;

    @Setup
    public void plant() {
        Random random = new Random(1);
        int[] shared = random.ints(TOKENS / 2, 0, VOCABULARY).toArray();
        PrefixPath first = tree.begin(PrefixSpace.SHARED, 0);
        tree.append(first, shared, 0, shared.length);
        for (int sequence = 1; sequence <= SEQUENCES; sequence++) {
            int[] own = random.ints(TOKENS / 2, 0, VOCABULARY).toArray();
            PrefixPath path = tree.fork(first, shared.length, sequence);
            tree.append(path, own, 0, own.length);
            known = path.tokens();
        }
        unknown = random.ints(TOKENS, 0, VOCABULARY).toArray();
    }

    @Benchmark
    public Object longestOfKnownPrompt() {
        return tree.longest(PrefixSpace.SHARED, known, TOKENS - 1);
    }

    @Benchmark
    public Object longestOfNewPrompt() {
        return tree.longest(PrefixSpace.SHARED, unknown, TOKENS - 1);
    }
}
