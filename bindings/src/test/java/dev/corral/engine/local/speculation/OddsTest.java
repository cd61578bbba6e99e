package dev.corral.engine.local.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OddsTest {

    @Test
    void learnsHowLikelyATokenIsAccepted() {
        Random random = new Random(5);
        Odds odds = new Odds();
        for (int i = 0; i < 400; i++) {
            int count = 0;
            while (count < 4 && random.nextDouble() < 0.7) {
                count++;
            }
            odds.verified(2, count, count == 4);
        }
        assertThat(odds.acceptance(2)).isEqualTo(0.7, within(0.06));
    }

    @Test
    void aCompletionBelievesWhatOthersSawUntilItKnowsBetter() {
        Odds others = new Odds();
        for (int i = 0; i < 100; i++) {
            others.verified(0, 0, false);
        }
        Odds own = others.ofCompletion();
        assertThat(own.acceptance(0)).isEqualTo(others.acceptance(0)).isLessThan(0.1);
        for (int i = 0; i < 20; i++) {
            own.verified(0, 5, true);
        }
        assertThat(own.acceptance(0)).isGreaterThan(0.9);
    }

    @Test
    void expectsWhatAGeometricRunGives() {
        assertThat(Odds.expected(0.5, 1)).isEqualTo(0.5, within(1e-9));
        assertThat(Odds.expected(0.5, 3)).isEqualTo(0.875, within(1e-9));
        assertThat(Odds.expected(1, 8)).isEqualTo(8, within(1e-9));
        assertThat(Odds.expected(0, 8)).isZero();
    }

    @Test
    void longerMatchesAreAnotherKind() {
        assertThat(Odds.ofMatch(3)).isLessThan(Odds.ofMatch(5));
        assertThat(Odds.ofMatch(64)).isLessThan(Odds.OF_MODEL);
    }
}
