package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(QuietNativeLog.class)
class AdapterTest {

    @TempDir
    Path folder;

    @Test
    void itsScaleSaysHowMuchItChanges() {
        try (Model model = Model.open(TinyModels.llama(folder));
                Adapter adapter = model.loadAdapter(TinyModels.lora(folder));
                Context context = model.newContext(SmolModel.exact().build());
                Batch batch = new Batch(64)) {
            float[] plain = logits(context, batch);
            context.setAdapters(List.of(adapter), new float[] {0});
            assertThat(logits(context, batch)).isEqualTo(plain);
            context.setAdapters(List.of(adapter), new float[] {1});
            assertThat(logits(context, batch)).isNotEqualTo(plain);

            assertThat(adapter.metadata()).containsEntry("adapter.type", "lora");
            assertThat(adapter.invocationTokens()).isEmpty();
        }
    }

    private static float[] logits(Context context, Batch batch) {
        context.memory().clear();
        int[] prompt = context.model().vocabulary().tokenize("Once upon a time", true, true);
        return SmolModel.logits(context, SmolModel.decode(context, batch, prompt, 0, 0));
    }

    @Test
    void whatDoesNotFitIsRefusedWithTheReason() throws IOException {
        Path garbage = Files.writeString(folder.resolve("garbage.gguf"), "no adapter");
        try (Model smol = SmolModel.open()) {
            Path lora = TinyModels.lora(folder);
            assertThatThrownBy(() -> smol.loadAdapter(lora))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("incorrect shape");
            assertThatThrownBy(() -> smol.loadAdapter(garbage))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("failed to load lora adapter");
            assertThatThrownBy(() -> smol.loadAdapter(folder.resolve("absent")))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("absent");
        }
    }

    @Test
    void isNotUsedAfterItWasClosedOrWithAnotherModel() {
        try (Model model = Model.open(TinyModels.llama(folder));
                Model other = Model.open(TinyModels.draft(folder));
                Context context = model.newContext(SmolModel.exact().build());
                Context otherContext = other.newContext(SmolModel.exact().build());
                Batch batch = new Batch(1)) {
            Adapter adapter = model.loadAdapter(TinyModels.lora(folder));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> otherContext.setAdapters(List.of(adapter), new float[] {1}));
            assertThatIllegalArgumentException().isThrownBy(() -> context.setAdapters(List.of(adapter), new float[0]));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setAdapters(List.of(adapter), new float[] {Float.NaN}));
            context.setAdapters(List.of(adapter), new float[] {1});
            adapter.close();
            batch.add(5, 0, 0, true);

            assertThatIllegalStateException().isThrownBy(() -> context.decode(batch));
            assertThatIllegalStateException().isThrownBy(adapter::metadata);
            context.setAdapters(List.of(), new float[0]);
            assertThat(context.decode(batch)).isEqualTo(DecodeResult.DECODED);
        }
    }
}
