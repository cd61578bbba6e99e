package dev.corral.engine.local;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StallTest {

    private static final String LONG = "the cat sat on the mat and the dog ran to the red house ".repeat(20);

    /** Tokens of a step. How many of them the pacer grants depends on the machine. */
    private static final int MOST = 64;

    private static final long LONGEST = 1001;
    private static final long BRIEF = 1002;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLongPromptIsReadBetweenTheTokensOfAStream(boolean unified, @TempDir Path folder) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                        TinyModels.llama(folder),
                        options -> options.unifiedCache(unified)
                                .contextSize(4096)
                                .slots(2)
                                .batchSize(MOST)
                                .stepTargetMillis(1));
                Generation stream = engine.submit(greedy("once", 900)
                        .with(Sampling.builder().temperature(0).ignoreEos(true).build()))) {
            awaitDelta(stream);
            EngineStats before = engine.stats();
            try (Generation late = engine.submit(greedy(LONG, 1))) {
                int promptTokens = EngineFixture.collect(late)
                        .getFirst()
                        .finished()
                        .usage()
                        .promptTokens();
                assertThat(promptTokens).isGreaterThan(400);
                EngineStats after = engine.stats();
                long together = (after.completionSteps() - before.completionSteps()) - (after.steps() - before.steps());
                assertThat(together)
                        .as("tokens that were streamed while %d prompt tokens were read", promptTokens)
                        .isGreaterThanOrEqualTo(promptTokens / MOST);
            }
        }
    }

    @Test
    void nothingWaitsBehindARequestThatCannotStartYet(@TempDir Path folder) throws Exception {
        try (LocalEngine engine = TinyEngines.open(
                        TinyModels.llama(folder),
                        options -> options.unifiedCache(true).contextSize(1024).slots(4));
                Generation big = engine.submit(greedy(LONG, 300)
                        .with(Sampling.builder().temperature(0).ignoreEos(true).build()))) {
            awaitDelta(big);
            try (Generation tooBigForNow = engine.submit(greedy("another " + LONG, 4));
                    Generation small = engine.submit(greedy("small", 4))) {
                EngineFixture.collect(small);
                assertThat(big.ended()).isFalse();
                big.cancel();
                assertThat(EngineFixture.collect(tooBigForNow)).hasSize(1);
            }
        }
    }

    /** The long prompt takes 200 steps; the short one needs one of them. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aShortPromptDoesNotWaitForALongOne(boolean streaming, @TempDir Path folder) throws Exception {
        CountDownLatch shortIsThere = new CountDownLatch(1);
        try (LocalEngine engine = TinyEngines.open(
                TinyModels.llama(folder),
                options -> options.unifiedCache(true)
                        .contextSize(8192)
                        .slots(3)
                        .batchSize(16)
                        .microBatchSize(16)
                        .stepTargetMillis(1))) {
            List<Generation> streams = new ArrayList<>();
            if (streaming) {
                streams.add(engine.submit(greedy("once", Limits.UNLIMITED)
                        .with(Sampling.builder().temperature(0).ignoreEos(true).build())));
                awaitDelta(streams.getFirst());
            }
            BlockingQueue<Long> ends = new LinkedBlockingQueue<>();
            CountDownLatch longIsRead = new CountDownLatch(1);
            engine.submit(LONGEST, greedy(LONG.repeat(7), 1).with(new Generate.Output(false, true)), event -> {
                if (event instanceof Event.Progress) {
                    longIsRead.countDown();
                }
                noteEnd(ends, LONGEST, event);
            });
            longIsRead.await();
            engine.afterSteps(() -> awaitUninterruptibly(shortIsThere));
            engine.submit(BRIEF, greedy("brief", 1), event -> noteEnd(ends, BRIEF, event));
            for (int i = 0; i < 20; i++) { // until the text threads have prepared it
                engine.ask(new Query.Tokenize("brief", false, false, false));
            }
            shortIsThere.countDown();
            assertThat(ends.take()).isEqualTo(BRIEF);
            assertThat(ends.take()).isEqualTo(LONGEST);
            streams.forEach(Generation::close);
        }
    }

    private static void noteEnd(BlockingQueue<Long> ends, long id, Event event) {
        if (event instanceof Event.Finished || event instanceof Event.Failed) {
            ends.add(id);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }
}
