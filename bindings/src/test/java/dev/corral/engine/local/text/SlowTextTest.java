package dev.corral.engine.local.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work on text that does not end, in a process that must not end for it. */
@Timeout(60)
class SlowTextTest {

    private static final Duration LIMIT = Duration.ofMillis(100);

    private final CountDownLatch end = new CountDownLatch(1);

    private String hang() {
        boolean interrupted = false;
        while (true) {
            try {
                end.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true; // native code would not notice either
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return "ended";
    }

    @Test
    void whoWaitsForItIsToldAndNobodyElseWaits() throws Exception {
        try (TextThreads threads = new TextThreads("text", 2)) {
            threads.abandonAfter(LIMIT);
            for (int i = 0; i < 5; i++) {
                assertThatExceptionOfType(EngineException.class)
                        .isThrownBy(() -> threads.call(() -> threads.timed(this::hang)))
                        .satisfies(e -> assertThat(e.error()).isEqualTo(new EngineError.DeadlineExceeded(LIMIT)));
                assertThat(threads.call(() -> threads.timed(() -> "quick"))).isEqualTo("quick");
            }
            assertThat(threads.hasAbandoned()).isTrue();
            end.countDown();
            while (threads.hasAbandoned()) {
                Thread.onSpinWait();
            }
            assertThat(threads.call(() -> "after")).isEqualTo("after");
        }
    }

    @Test
    void closingDoesNotWaitForIt() throws Exception {
        CompletableFuture<EngineException> late = new CompletableFuture<>();
        try (TextThreads threads = new TextThreads("text", 1)) {
            threads.abandonAfter(LIMIT);
            threads.execute(() -> threads.timed(this::hang), late::complete);
            assertThat(late.get().error()).isInstanceOf(EngineError.DeadlineExceeded.class);
        }
        end.countDown();
    }

    @Test
    void withoutALimitItIsOnlyMeasured() throws Exception {
        try (TextThreads threads = new TextThreads("text", 1)) {
            CompletableFuture<List<EngineException>> late = new CompletableFuture<>();
            threads.execute(() -> threads.timed(this::hang), e -> late.complete(List.of(e)));
            while (threads.longestNanos() < LIMIT.toNanos()) {
                Thread.onSpinWait();
            }
            assertThat(late).isNotDone();
            end.countDown();
        }
    }
}
