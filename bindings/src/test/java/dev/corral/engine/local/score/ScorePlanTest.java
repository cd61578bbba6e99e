package dev.corral.engine.local.score;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.local.completion.TokenScores.Target;
import dev.corral.engine.local.score.ScorePlan.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScorePlanTest {

    private static Text text(int from, int... tokens) {
        return new Text(tokens, from);
    }

    private static List<int[]> runs(ScorePlan plan) {
        return plan.runs().stream().map(ScorePlan.Run::tokens).toList();
    }

    @Test
    void choicesOfOneTokenAreOneRun() {
        ScorePlan plan = ScorePlan.of(List.of(text(3, 7, 8, 9, 1), text(3, 7, 8, 9, 2), text(3, 7, 8, 9, 3)));
        assertThat(runs(plan)).containsExactly(new int[] {7, 8, 9});
        assertThat(plan.runs().getFirst().targets()).hasSize(3);
    }

    @Test
    void aTextThatAnotherGoesOnFromNeedsNoRun() {
        ScorePlan plan = ScorePlan.of(List.of(text(1, 7, 8), text(2, 7, 8, 9, 10)));
        assertThat(runs(plan)).containsExactly(new int[] {7, 8, 9});
    }

    @Test
    void whatChoicesBeginWithIsScoredByOneOfThem() {
        ScorePlan plan = ScorePlan.of(List.of(text(2, 5, 6, 1, 2, 9), text(2, 5, 6, 1, 3, 9)));
        assertThat(runs(plan)).containsExactly(new int[] {5, 6, 1, 3}, new int[] {5, 6, 1, 2});
        // the second needs nothing of what it shares with the first
        assertThat(plan.runs().get(1).targets()).extracting(Target::position).containsExactly(3);
    }

    @Test
    void aTextWithNothingToScoreIsCertain() {
        ScorePlan plan = ScorePlan.of(List.of(text(2, 5, 6)));
        assertThat(plan.runs()).isEmpty();
        assertThat(plan.likelihood(0).logLikelihood()).isZero();
        assertThat(plan.likelihood(0).greedy()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyTokenIsScoredOnceByAnOutputOfItsOwnPrefix(long seed) {
        Random random = new Random(seed);
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            int[] tokens = random.ints(1 + random.nextInt(7), 0, 3).toArray();
            texts.add(new Text(tokens, 1 + random.nextInt(tokens.length)));
        }
        ScorePlan plan = ScorePlan.of(texts);
        Set<List<Integer>> computed = new HashSet<>();
        for (ScorePlan.Run run : plan.runs()) {
            for (Target target : run.targets()) {
                assertThat(target.position()).isLessThan(run.tokens().length);
            }
            Set<List<Integer>> needed = new HashSet<>();
            run.targets().forEach(target -> needed.add(prefix(run.tokens(), target.position() + 1)));
            assertThat(computed).doesNotContainAnyElementsOf(needed);
            computed.addAll(needed);
        }
        for (int i = 0; i < texts.size(); i++) {
            int[] tokens = texts.get(i).tokens();
            assertThat(plan.likelihood(i).tokens().toArray())
                    .isEqualTo(Arrays.copyOfRange(tokens, texts.get(i).from(), tokens.length));
        }
    }

    private static List<Integer> prefix(int[] tokens, int length) {
        return Arrays.stream(tokens, 0, length).boxed().toList();
    }

    @Test
    void windowsScoreEachTokenOnceWithAllTheContextThatFits() {
        int[] tokens = {10, 11, 12, 13, 14, 15, 16};
        List<Text> windows = RollingWindows.of(1, tokens, 3);
        assertThat(windows).extracting(Text::from).containsExactly(1, 1, 3);
        assertThat(windows)
                .extracting(Text::tokens)
                .containsExactly(new int[] {1, 10, 11, 12}, new int[] {12, 13, 14, 15}, new int[] {13, 14, 15, 16});
        assertThat(RollingWindows.of(1, new int[] {1, 10}, 8).getFirst().tokens())
                .containsExactly(1, 10);
        assertThat(RollingWindows.of(1, new int[0], 8)).isEmpty();
    }
}
