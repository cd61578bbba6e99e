package dev.corral.engine.local.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NgramIndexTest {

    private static final int ROOM = 80;

    private static int[] tokens(int... values) {
        return Arrays.copyOf(values, values.length + ROOM);
    }

    private static int[] draft(NgramIndex index, int[] tokens, int length, int most) {
        int count = index.draft(tokens, length, most);
        return Arrays.copyOfRange(tokens, length, length + count);
    }

    @Test
    void whatFollowedBeforeIsDrafted() {
        NgramIndex index = new NgramIndex(2, 16);
        int[] tokens = tokens(1, 2, 3, 4, 5, 9, 1, 2);
        assertThat(index.evidence(tokens, 8)).isEqualTo(2);
        assertThat(draft(index, tokens, 8, 3)).containsExactly(3, 4, 5);
    }

    @Test
    void theLongestMatchWinsOverTheNewest() {
        NgramIndex index = new NgramIndex(2, 16);
        int[] tokens = tokens(7, 1, 2, 3, 0, 8, 1, 2, 4, 0, 7, 1, 2);
        assertThat(index.evidence(tokens, 13)).isEqualTo(3);
        assertThat(draft(index, tokens, 13, 2)).containsExactly(3, 0);
    }

    @Test
    void amongEqualMatchesTheNewestWins() {
        NgramIndex index = new NgramIndex(2, 16);
        int[] tokens = tokens(1, 2, 3, 0, 1, 2, 4, 5, 1, 2);
        assertThat(index.evidence(tokens, 10)).isEqualTo(2);
        assertThat(draft(index, tokens, 10, 1)).containsExactly(4);
    }

    @Test
    void whatRepeatsIsDraftedAtAnyLength() {
        NgramIndex index = new NgramIndex(3, 16);
        int[] tokens = tokens(5, 6, 5, 6, 5, 6);
        assertThat(index.evidence(tokens, 6)).isEqualTo(4);
        assertThat(draft(index, tokens, 6, 7)).containsExactly(5, 6, 5, 6, 5, 6, 5);
    }

    @Test
    void nothingIsDraftedWhereNothingMatches() {
        NgramIndex index = new NgramIndex(3, 16);
        assertThat(index.evidence(tokens(1, 2), 2)).isZero();
        assertThat(index.evidence(tokens(1, 2, 3, 4, 2, 3), 6)).isZero();
    }

    @Test
    void positionsAreForgotten() {
        NgramIndex index = new NgramIndex(2, 16);
        assertThat(index.evidence(tokens(1, 2, 3, 1, 2), 5)).isEqualTo(2);
        index.reset();
        assertThat(index.evidence(tokens(4, 5, 3, 1, 2), 5)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void findsALongestMatchInTextThatGrows(long seed) {
        Random random = new Random(seed);
        int n = 1 + random.nextInt(4);
        NgramIndex index = new NgramIndex(n, 4);
        int[] tokens = new int[1200];
        for (int length = 1; length <= 1000; length++) {
            tokens[length - 1] = random.nextInt(40);
            if (length > 100 && random.nextInt(10) == 0) {
                tokens[length - 1] = tokens[length - 90];
            }
            int evidence = index.evidence(tokens, length);
            int longest = longestMatch(tokens, length, n);
            assertThat(evidence > 0).as("seed %d, length %d", seed, length).isEqualTo(longest >= n);
            assertThat(evidence).isLessThanOrEqualTo(longest);
            if (evidence > 0) {
                int[] before = Arrays.copyOf(tokens, length);
                int[] drafted = draft(index, tokens, length, 1);
                assertThat(followsAMatch(before, drafted[0], evidence)).isTrue();
            }
        }
    }

    private static int longestMatch(int[] tokens, int length, int n) {
        int longest = 0;
        for (int end = n - 1; end < length - 1; end++) {
            int matched = 0;
            while (matched <= end && matched < 64 && tokens[end - matched] == tokens[length - 1 - matched]) {
                matched++;
            }
            longest = Math.max(longest, matched);
        }
        return longest >= n ? longest : 0;
    }

    private static boolean followsAMatch(int[] tokens, int token, int evidence) {
        int length = tokens.length;
        for (int end = evidence - 1; end < length - 1; end++) {
            if (tokens[end + 1] == token
                    && Arrays.equals(tokens, end - evidence + 1, end + 1, tokens, length - evidence, length)) {
                return true;
            }
        }
        return false;
    }
}
