package dev.corral.engine.local.model;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.local.LocalEngine;
import dev.corral.gguf.GgufException;
import dev.corral.testing.GgufValue;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckedModelTest {

    @TempDir
    Path folder;

    @Test
    void anEngineDoesNotOpenAModelThatWouldEndTheProcess() {
        Path model = TinyModels.llamaFile(Recipe.named("broken"))
                .put("llama.rope.scaling.type", "magic")
                .write(folder.resolve("broken.gguf"));

        assertThatThrownBy(() -> LocalEngine.open(model))
                .isInstanceOf(GgufException.class)
                .hasMessageStartingWith("broken.gguf: metadata llama.rope.scaling.type at byte ")
                .hasMessageEndingWith("is \"magic\", but must be none, linear, yarn or longrope");
    }

    @Test
    void anAdapterIsCheckedAgainstItsModel() {
        Path model = TinyModels.llama(folder);
        Path adapter = TinyModels.lora(folder);

        assertThatCode(() -> CheckedModel.read(model).checkAdapter(adapter)).doesNotThrowAnyException();
        assertThatThrownBy(() -> CheckedModel.read(TinyModels.multiAxis(folder)).checkAdapter(adapter))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("is \"llama\", but must be \"qwen2vl\"");
    }

    @Test
    void whoSearchesForFaultsMayTurnItOff() {
        Path model = TinyModels.llamaFile(Recipe.named("odd"))
                .put("llama.block_count", GgufValue.u32(600))
                .write(folder.resolve("odd.gguf"));
        System.setProperty(CheckedModel.UNCHECKED, "true");
        try {
            assertThatCode(() -> CheckedModel.read(model)).doesNotThrowAnyException();
        } finally {
            System.clearProperty(CheckedModel.UNCHECKED);
        }
    }
}
