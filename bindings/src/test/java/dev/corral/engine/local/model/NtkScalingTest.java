package dev.corral.engine.local.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.local.DirectScores;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.llama.Model;
import dev.corral.llama.Rope;
import dev.corral.llama.RopeScaling;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NtkScalingTest {

    private static final int[] CONTEXT = {300, 310, 320, 330, 340, 350};
    private static final int NEXT = 360;

    @TempDir
    private Path folder;

    private static double scored(LocalEngine engine) throws InterruptedException {
        Query.Score query = Query.Score.of(new Query.Score.Item(Prompt.tokens(CONTEXT), List.of(Prompt.tokens(NEXT))));
        Likelihood found = engine.ask(query).items().getFirst().getFirst();
        return found.logLikelihood();
    }

    private static double direct(Path model, Rope rope) {
        try (DirectScores scores = new DirectScores(model, rope)) {
            return scores.after(CONTEXT)[CONTEXT.length - 1][NEXT];
        }
    }

    @Test
    void theLowestFrequencyIsDividedByAlpha() {
        double base = NtkScaling.frequencyBase(10_000, 4, 128);
        double exponent = -126.0 / 128;
        assertThat(Math.pow(base, exponent)).isCloseTo(Math.pow(10_000, exponent) / 4, within(1e-12));
        assertThat(NtkScaling.frequencyBase(10_000, 2, 128)).isCloseTo(20_221, within(1.0));
    }

    @Test
    void anEngineIsComputedWithTheScaledBase() throws Exception {
        Path model = TinyModels.llama(folder);
        Rope rope;
        try (Model open = Model.open(model)) {
            rope = NtkScaling.of(4, open);
            assertThat(NtkScaling.of(1, open)).isEqualTo(Rope.FROM_MODEL);
        }
        assertThat(rope.scaling()).isEqualTo(RopeScaling.UNSPECIFIED);
        assertThat(rope.frequencyBase()).isGreaterThan(40_000);
        double plain = direct(model, Rope.FROM_MODEL);
        double scaled = direct(model, rope);
        assertThat(Math.abs(plain - scaled)).isGreaterThan(1e-3);
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            assertThat(scored(engine)).isCloseTo(plain, within(1e-4));
        }
        try (LocalEngine engine = TinyEngines.open(model, options -> options.ropeAlpha(4))) {
            assertThat(scored(engine)).isCloseTo(scaled, within(1e-4));
        }
    }

    @Test
    void savedStatesOfAnotherScalingAreNotUsed() {
        Path model = TinyModels.llama(folder);
        assertThat(Fingerprint.of(TinyEngines.options(model).ropeAlpha(2).build()))
                .isNotEqualTo(Fingerprint.of(TinyEngines.options(model).build()));
    }

    @Test
    void aModelWithoutRotaryPositionsIsRefused() {
        Path model = TinyModels.mamba(folder);
        assertThatThrownBy(() -> TinyEngines.open(model, options -> options.ropeAlpha(2)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("needs a model with rotary positions");
        assertThatThrownBy(() -> TinyEngines.options(model).ropeAlpha(0.5).build())
                .hasMessageContaining("between 1 and 64");
    }
}
