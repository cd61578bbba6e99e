package dev.corral.engine.local;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.engine.Sampling;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StallTest {

    private static final String LONG = "the cat sat on the mat and the dog ran to the red house ".repeat(20);

    /** Tokens of a step. How many of them the pacer grants depends on the machine. */
    private static final int MOST = 64;

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

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }
}
