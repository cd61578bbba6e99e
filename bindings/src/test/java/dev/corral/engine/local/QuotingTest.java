package dev.corral.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.EngineFixture.Answer;
import org.junit.jupiter.api.Test;

/** The real model quotes its prompt, so surely that batches of another shape round to the same tokens. */
class QuotingTest {

    private static final String POEM = """
            The old river runs past seven mills,
            and every miller keeps a grey cat,
            and every cat keeps watch at night
            over eleven sacks of barley and rye.
            When the moon stands over the weir,
            the cats walk home along the water,
            counting the stones of the bridge.

            """;

    private static final Speculation ALWAYS =
            Speculation.OFF.with(new Speculation.Lookup(3, 12)).adaptive(false);

    private static Generate quoting() {
        return Generate.of(Prompt.text(POEM.repeat(3)))
                .with(Sampling.builder().temperature(0).ignoreEos(true).build())
                .with(Limits.tokens(60))
                .with(Generate.Cache.FRESH);
    }

    @Test
    void greedyTextIsThePlainOne() throws Exception {
        try (LocalEngine engine = EngineFixture.open()) {
            Answer plain = EngineFixture.run(engine, quoting().with(Speculation.OFF));
            assertThat(POEM).startsWith(plain.text().strip().substring(0, 100));
            long before = engine.stats().steps();
            Answer drafted = EngineFixture.run(engine, quoting().with(ALWAYS));
            assertThat(drafted.tokens()).isEqualTo(plain.tokens());
            assertThat(engine.stats().steps() - before).isLessThan(25);
            assertThat(drafted.finished().usage().acceptedTokens()).isGreaterThan(35);
            Answer adaptive = EngineFixture.run(engine, quoting().with(Speculation.ADAPTIVE));
            assertThat(adaptive.tokens()).isEqualTo(plain.tokens());
            engine.checkInvariants();
        }
    }

    @Test
    void aSeedGivesThePlainTokens() throws Exception {
        try (LocalEngine engine = EngineFixture.open()) {
            Generate sampled = quoting()
                    .with(Sampling.builder()
                            .temperature(0.3)
                            .topK(4)
                            .seed(7)
                            .ignoreEos(true)
                            .build());
            Answer plain = EngineFixture.run(engine, sampled.with(Speculation.OFF));
            Answer drafted = EngineFixture.run(engine, sampled.with(ALWAYS));
            assertThat(drafted.tokens()).isEqualTo(plain.tokens());
            assertThat(drafted.finished().usage().acceptedTokens()).isPositive();
        }
    }
}
