package dev.corral.engine.local.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.local.cache.PrefixTree.Match;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTreeTest {

    private final PrefixTree tree = new PrefixTree();

    private PrefixPath path(int sequence, int... tokens) {
        PrefixPath path = tree.begin(PrefixSpace.SHARED, sequence);
        tree.append(path, tokens, 0, tokens.length);
        return path;
    }

    @Test
    void anEmptyTreeMatchesNothing() {
        assertThat(tree.longest(PrefixSpace.SHARED, new int[] {1, 2}, 2)).isNull();
        path(0);
        assertThat(tree.longest(PrefixSpace.SHARED, new int[] {1, 2}, 2)).isNull();
    }

    @Test
    void theLongestHeldPrefixIsFoundInTheMiddleOfARun() {
        PrefixPath a = path(0, 1, 2, 3, 4);
        path(1, 7, 8);
        assertThat(tree.longest(PrefixSpace.SHARED, new int[] {1, 2, 3, 9, 9}, 5))
                .isEqualTo(new Match(a, 3));
        assertThat(tree.longest(PrefixSpace.SHARED, new int[] {1, 2, 3, 4}, 2)).isEqualTo(new Match(a, 2));
    }

    @Test
    void aForkSharesCellsUntilItGoesItsOwnWay() {
        PrefixPath a = path(0, 1, 2, 3, 4);
        PrefixPath b = tree.fork(a, 2, 1);
        assertThat(tree.cells()).isEqualTo(4);
        tree.append(b, new int[] {9, 9, 9}, 0, 3);
        assertThat(tree.cells()).isEqualTo(7);
        assertThat(tree.exclusiveCells(a)).isEqualTo(2);
        assertThat(tree.exclusiveCells(b)).isEqualTo(3);
        tree.append(a, new int[] {5}, 0, 1);
        assertThat(a.tokens()).containsExactly(1, 2, 3, 4, 5);
        assertThat(b.tokens()).containsExactly(1, 2, 9, 9, 9);
        tree.checkInvariants();
    }

    @Test
    void removingOneHolderKeepsWhatOthersHold() {
        PrefixPath a = path(0, 1, 2, 3, 4);
        PrefixPath b = tree.fork(a, 2, 1);
        tree.remove(a);
        assertThat(tree.cells()).isEqualTo(2);
        assertThat(b.tokens()).containsExactly(1, 2);
        tree.remove(b);
        assertThat(tree.cells()).isZero();
        tree.checkInvariants();
    }

    @Test
    void onlyWholePathsMatchWhereMemoryCannotBeCut() {
        PrefixPath a = path(0, 1, 2, 3);
        path(1, 1, 2, 3, 4, 5);
        assertThat(tree.longestWhole(PrefixSpace.SHARED, new int[] {1, 2, 3, 4, 9}, 5))
                .isEqualTo(new Match(a, 3));
        assertThat(tree.longestWhole(PrefixSpace.SHARED, new int[] {1, 2, 9}, 3))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithPlainListsOfTokens(long seed) {
        Random random = new Random(seed);
        List<PrefixPath> live = new ArrayList<>();
        for (int step = 0; step < 3_000; step++) {
            switch (random.nextInt(live.isEmpty() ? 1 : 4)) {
                case 0 -> {
                    int[] wanted = random.ints(1 + random.nextInt(12), 0, 3).toArray();
                    Match match = tree.longest(PrefixSpace.SHARED, wanted, wanted.length);
                    int expected = live.stream()
                            .mapToInt(path -> common(path.tokens(), wanted))
                            .max()
                            .orElse(0);
                    assertThat(match == null ? 0 : match.length())
                            .as("seed %d step %d", seed, step)
                            .isEqualTo(expected);
                    PrefixPath path = match == null
                            ? tree.begin(PrefixSpace.SHARED, step)
                            : tree.fork(match.path(), match.length(), step);
                    tree.append(path, wanted, expected, wanted.length - expected);
                    assertThat(path.tokens()).isEqualTo(wanted);
                    live.add(path);
                }
                case 1 -> tree.append(live.get(random.nextInt(live.size())), new int[] {random.nextInt(3)}, 0, 1);
                case 2 -> {
                    PrefixPath source = live.get(random.nextInt(live.size()));
                    int length = random.nextInt(source.length() + 1);
                    PrefixPath fork = tree.fork(source, length, step);
                    assertThat(fork.tokens()).isEqualTo(Arrays.copyOf(source.tokens(), length));
                    live.add(fork);
                }
                default -> {
                    PrefixPath gone = live.remove(random.nextInt(live.size()));
                    int before = tree.cells();
                    int exclusive = tree.exclusiveCells(gone);
                    tree.remove(gone);
                    assertThat(tree.cells()).isEqualTo(before - exclusive);
                }
            }
            tree.checkInvariants();
        }
        Set<Integer> sequences = new HashSet<>();
        live.forEach(path -> assertThat(sequences.add(path.sequence())).isTrue());
        live.forEach(tree::remove);
        assertThat(tree.cells()).isZero();
    }

    private static int common(int[] a, int[] b) {
        int mismatch = Arrays.mismatch(a, b);
        return mismatch < 0 ? a.length : mismatch;
    }
}
