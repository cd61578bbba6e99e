package dev.corral.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.testing.GgufFile;
import dev.corral.testing.GgufValue;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which layers llama.cpp takes for windowed, by architecture. */
class SlidingWindowTest {

    @TempDir
    private Path folder;

    private SlidingWindow window(String architecture, int layers, GgufFile file) {
        Path written = folder.resolve("window.gguf");
        file.put("general.architecture", architecture).write(written);
        return SlidingWindow.of(Gguf.read(written).metadata(), architecture, layers);
    }

    private static String drawn(SlidingWindow window) {
        StringBuilder text = new StringBuilder().append(window.tokens()).append(' ');
        window.layers().forEach(layer -> text.append(layer ? 'w' : '-'));
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "cohere2, 64, 8, 64 www-www-",
        "cohere2moe, 64, 8, 64 -www-www",
        "gemma2, 64, 4, 64 w-w-",
        "gemma3, 64, 8, 64 wwwww-ww",
        "gpt-oss, 128, 4, 128 w-w-",
        "llama4, 64, 8, 8192 www-www-",
        "smallthinker, 64, 5, 4096 -www-",
        "exaone4, 64, 8, 0 --------",
        "gemma4, 64, 4, 0 ----",
        "llama, 64, 4, 0 ----",
        "cohere2, 0, 4, 0 ----",
    })
    void anArchitectureSaysWhichLayersItIs(String architecture, int tokens, int layers, String expected) {
        GgufFile file = new GgufFile().put(architecture + ".attention.sliding_window", tokens);
        assertThat(drawn(window(architecture, layers, file))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"gemma2, 4, 4096 w-w-", "llama4, 4, 8192 www-", "smallthinker, 4, 0 ----", "gemma3, 4, 0 ----"})
    void anArchitectureSaysHowFarWhereTheFileDoesNot(String architecture, int layers, String expected) {
        assertThat(drawn(window(architecture, layers, new GgufFile()))).isEqualTo(expected);
    }

    @Test
    void theFileSaysOtherwise() {
        assertThat(drawn(window(
                        "cohere2",
                        4,
                        new GgufFile()
                                .put("cohere2.attention.sliding_window", 32)
                                .put("cohere2.attention.sliding_window_pattern", 2))))
                .isEqualTo("32 w-w-");
        assertThat(drawn(window(
                        "gemma4",
                        4,
                        new GgufFile()
                                .put("gemma4.attention.sliding_window", 32)
                                .put("gemma4.attention.sliding_window_pattern", GgufValue.i32s(1, 1, 0, 1)))))
                .isEqualTo("32 ww-w");
    }

    @Test
    void layersThatOnlyGuessSeeEverything() {
        assertThat(drawn(window("exaone-moe", 5, new GgufFile().put("exaone-moe.nextn_predict_layers", 1))))
                .isEqualTo("128 www--");
    }
}
