package dev.corral.server.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SilenceTest {

    @Test
    void isToldAgainAndAgainWhileItLasts() throws Exception {
        CountDownLatch told = new CountDownLatch(3);
        try (Silence _ = Silence.longerThan(Duration.ofMillis(2), told::countDown)) {
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void isToldAfterItWasBroken() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        try (Silence silence = Silence.longerThan(Duration.ofMillis(50), told::countDown)) {
            silence.broken();
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void theTimerForgetsWhatIsClosed() {
        Silence silence = Silence.longerThan(Duration.ofHours(1), () -> {});
        assertThat(Silence.watched()).isPositive();
        silence.close();
        assertThat(Silence.watched()).isZero();
    }
}
