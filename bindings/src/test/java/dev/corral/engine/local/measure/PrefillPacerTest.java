package dev.corral.engine.local.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefillPacerTest {

    private static final long MILLI = 1_000_000;

    private static PrefillPacer measured(long targetMillis, long stepMillis, long promptTokenMicros) {
        PrefillPacer pacer = new PrefillPacer(targetMillis * MILLI, 128, 2048);
        for (int i = 0; i < 50; i++) {
            pacer.measured(4, 0, stepMillis * MILLI);
            pacer.measured(4, 100, stepMillis * MILLI + 100 * promptTokenMicros * 1_000);
        }
        return pacer;
    }

    @Test
    void theChunkFillsTheStepUpToItsTarget() {
        int chunk = measured(150, 10, 1_000).chunk();
        assertThat(10 + chunk * 1.0).as("milliseconds of the step").isBetween(90.0, 150.0);
    }

    @Test
    void fasterHardwareGetsLargerChunks() {
        assertThat(measured(150, 1, 10).chunk()).isEqualTo(2048);
        assertThat(measured(150, 10, 500).chunk())
                .isGreaterThan(measured(150, 10, 2_000).chunk());
    }

    @Test
    void aStepMayBeTwiceOneThatOnlyGenerates() {
        assertThat(measured(150, 400, 1_000).chunk()).isGreaterThan(150);
    }

    @Test
    void prefillNeverStandsStill() {
        assertThat(measured(1, 10, 50_000).chunk()).isEqualTo(PrefillPacer.MIN_CHUNK);
        assertThat(new PrefillPacer(MILLI, 128, 8).chunk()).isEqualTo(8);
    }

    @Test
    void aLongPromptIsReadInStepsThatEndSoon() {
        assertThat(measured(150, 10, 6_000).leisurelyChunk())
                .as("on a slow machine, the least that is computed well")
                .isEqualTo(128);
        assertThat(measured(150, 10, 1_000).leisurelyChunk()).isEqualTo(384);
        assertThat(measured(150, 10, 10).leisurelyChunk()).isEqualTo(2048);
        assertThat(new PrefillPacer(MILLI, 128, 2048).leisurelyChunk())
                .as("before anything was measured")
                .isEqualTo(128);
        assertThat(new PrefillPacer(MILLI, 128, 8).leisurelyChunk()).isEqualTo(8);
    }
}
