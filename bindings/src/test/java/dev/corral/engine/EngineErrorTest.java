package dev.corral.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EngineErrorTest {

    @Test
    void aLongValueIsShownInPartWithoutHalvesOfCharacters() {
        assertThat(new EngineError.Invalid("f", "x".repeat(79) + "😀😀", "r").value())
                .isEqualTo("x".repeat(79) + "…");
        assertThat(new EngineError.Invalid("f", "x".repeat(78) + "😀😀", "r").value())
                .isEqualTo("x".repeat(78) + "😀…");
        assertThat(new EngineError.Invalid("f", "x".repeat(80), "r").value()).isEqualTo("x".repeat(80));
    }
}
