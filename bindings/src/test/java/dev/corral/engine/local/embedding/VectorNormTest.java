package dev.corral.engine.local.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class VectorNormTest {

    private static final float[] VECTOR = {3, -4, 0, 1};

    @Test
    void eachNumberMeansItsNorm() {
        assertThat(VectorNorm.normalized(VECTOR, 4, -1)).containsExactly(VECTOR);
        assertThat(VectorNorm.normalized(VECTOR, 4, 0)).containsExactly(24_570, -32_760, 0, 8_190);
        assertThat(VectorNorm.normalized(VECTOR, 4, 1)).containsExactly(0.375f, -0.5f, 0, 0.125f);
        assertThat(VectorNorm.normalized(VECTOR, 2, 2)).containsExactly(0.6f, -0.8f);
        double cubes = Math.cbrt(27 + 64 + 1);
        assertThat(VectorNorm.normalized(VECTOR, 4, 3))
                .containsExactly(
                        new float[] {(float) (3 / cubes), (float) (-4 / cubes), 0, (float) (1 / cubes)}, within(1e-6f));
    }

    @Test
    void highPowersNeitherVanishNorOverflow() {
        assertThat(VectorNorm.normalized(new float[] {1e-30f, -2e-30f}, 2, 100)[1])
                .isCloseTo(-1, within(1e-3f));
        assertThat(VectorNorm.normalized(new float[] {1e30f, -2e30f}, 2, 100)[1])
                .isCloseTo(-1, within(1e-3f));
    }

    @Test
    void zerosStayZeros() {
        for (int norm = -1; norm < 4; norm++) {
            assertThat(VectorNorm.normalized(new float[3], 3, norm)).containsExactly(0, 0, 0);
        }
    }
}
