package dev.corral.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QueuedGenerationTest {

    private static final Event QUEUED = new Event.Queued(0);
    private static final Event FAILED = new Event.Failed(new EngineError.Closed());

    /** Counts how often it was cancelled. */
    private static final class Counted extends QueuedGeneration {
        private int cancellations;

        Counted(int completions) {
            super(7, Generate.builder(Prompt.text("x")).completions(completions).build());
        }

        @Override
        protected void cancelled() {
            cancellations++;
        }
    }

    private static Event finished(int index) {
        return new Event.Finished(
                index, FinishReason.LIMIT, Optional.empty(), new Usage(1, 0, 1, false), new Timings(0, 0, 0));
    }

    @Test
    void theEndOfTheLastCompletionIsTheEnd() throws Exception {
        Counted generation = new Counted(2);
        assertThat(generation.deliver(QUEUED)).isFalse();
        assertThat(generation.deliver(finished(1))).isFalse();
        assertThat(generation.isComplete()).isFalse();
        assertThat(generation.deliver(finished(0))).isTrue();
        assertThat(generation.isComplete()).isTrue();
        assertThat(generation.next()).isEqualTo(QUEUED);
        assertThat(generation.next()).isEqualTo(finished(1));
        assertThat(generation.ended()).as("one is not read yet").isFalse();
        assertThat(generation.next()).isEqualTo(finished(0));
        assertThat(generation.ended()).isTrue();
        assertThatThrownBy(generation::next).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFailureEndsAllCompletions() throws Exception {
        Counted generation = new Counted(3);
        assertThat(generation.deliver(FAILED)).isTrue();
        assertThat(generation.deliver(finished(0))).as("dropped").isFalse();
        assertThat(generation.next()).isEqualTo(FAILED);
        assertThat(generation.ended()).isTrue();
    }

    @Test
    void itIsCancelledOnce() {
        Counted generation = new Counted(1);
        generation.cancel();
        generation.close();
        assertThat(generation.cancellations).isOne();
        assertThat(generation.isCancelled()).isTrue();
    }

    @Test
    void whatHasEndedIsNotCancelled() {
        Counted generation = new Counted(1);
        generation.deliver(finished(0));
        generation.close();
        assertThat(generation.cancellations).isZero();
        assertThat(generation.isCancelled()).isFalse();
    }

    @Test
    void aReaderThatIsWokenGoesOnWithoutAnEvent() throws Exception {
        Counted generation = new Counted(1);
        generation.wake();
        assertThat(generation.nextUnlessWoken()).isEmpty();
        generation.wake();
        assertThat(generation.next(Duration.ofMinutes(1))).isEmpty();
        generation.wake();
        generation.deliver(QUEUED);
        assertThat(generation.next()).as("which has no use for being woken").isEqualTo(QUEUED);
    }
}
