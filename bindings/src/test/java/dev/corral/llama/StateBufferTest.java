package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.testing.TinyModels;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(QuietNativeLog.class)
class StateBufferTest {

    private final Model model = SmolModel.open();
    private final Batch batch = new Batch(256);
    private final int[] prompt = model.vocabulary().tokenize("The three primary colours are red,", true, true);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        batch.close();
        model.close();
    }

    @Test
    void aRestoredSequenceGoesOnTheSame() {
        try (Context context = model.newContext(
                SmolModel.options().maxSequences(2).kvUnified(true).build())) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            try (StateBuffer state = context.saveState(0, StateScope.WHOLE)) {
                float[] before = next(context, 0);
                context.memory().clear();
                context.restoreState(1, state);

                assertThat(context.memory().maxPosition(1)).isEqualTo(prompt.length - 1);
                assertThat(next(context, 1)).isEqualTo(before);
            }
        }
    }

    private float[] next(Context context, int sequence) {
        int position = context.memory().maxPosition(sequence) + 1;
        return SmolModel.logits(context, SmolModel.decode(context, batch, new int[] {30}, position, sequence));
    }

    @Test
    void survivesAFile() throws IOException {
        Path file = folder.resolve("state");
        long checksum;
        float[] before;
        try (Context context = model.newContext(SmolModel.options().build())) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            try (StateBuffer state = context.saveState(0, StateScope.WHOLE);
                    FileChannel channel =
                            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                state.writeTo(channel);
                checksum = state.checksum();
                assertThat(Files.size(file)).isEqualTo(state.size());
            }
            before = next(context, 0);
        }
        try (Context context = model.newContext(SmolModel.options().build());
                FileChannel channel = FileChannel.open(file);
                StateBuffer state = StateBuffer.readFrom(channel, Files.size(file), StateScope.WHOLE)) {
            assertThat(state.checksum()).isEqualTo(checksum);
            context.restoreState(0, state);

            assertThat(next(context, 0)).isEqualTo(before);
        }
    }

    @Test
    void aFileThatIsTooShortIsSaidSo() throws IOException {
        Path file = Files.write(folder.resolve("short"), new byte[100]);
        try (FileChannel channel = FileChannel.open(file)) {
            assertThatThrownBy(() -> StateBuffer.readFrom(channel, 101, StateScope.WHOLE))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("byte 100 of 101");
            assertThatIllegalArgumentException().isThrownBy(() -> StateBuffer.readFrom(channel, 0, StateScope.WHOLE));
        }
    }

    @Test
    void whatIsNoStateIsRefusedAndLeavesTheSequenceEmpty() throws IOException {
        Path file = Files.write(folder.resolve("garbage"), new byte[4096]);
        try (Context context = model.newContext(SmolModel.options().build());
                FileChannel channel = FileChannel.open(file);
                StateBuffer garbage = StateBuffer.readFrom(channel, 4096, StateScope.WHOLE)) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            assertThatThrownBy(() -> context.restoreState(0, garbage))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("magic");
            assertThat(context.memory().maxPosition(0)).isEqualTo(-1);
            SmolModel.decode(context, batch, prompt, 0, 0);
        }
    }

    @Test
    void aStateThatHasNoRoomIsRefused() {
        int[] tokens = new int[200];
        try (Context large = model.newContext(SmolModel.options().build());
                Context small = model.newContext(SmolModel.options()
                        .contextSize(256)
                        .maxSequences(2)
                        .kvUnified(true)
                        .build())) {
            SmolModel.decode(large, batch, tokens, 0, 0);
            SmolModel.decode(small, batch, new int[100], 0, 1);
            try (StateBuffer state = large.saveState(0, StateScope.WHOLE)) {
                assertThatThrownBy(() -> small.restoreState(0, state)).isInstanceOf(LlamaException.class);
                assertThat(small.memory().maxPosition(0)).isEqualTo(-1);
                assertThat(small.memory().maxPosition(1)).isEqualTo(99);
            }
        }
    }

    @Test
    void aRecurrentStateIsACheckpoint() {
        try (Model mamba = Model.open(TinyModels.mamba(folder));
                Context context = mamba.newContext(SmolModel.exact().build())) {
            int[] tokens = mamba.vocabulary().tokenize("Once upon a time", true, true);
            SmolModel.decode(context, batch, tokens, 0, 0);
            try (StateBuffer checkpoint = context.saveState(0, StateScope.PARTIAL)) {
                float[] before = next(context, 0);
                next(context, 0);
                context.memory().remove(0, -1, -1);
                context.restoreState(0, checkpoint);

                assertThat(checkpoint.scope()).isEqualTo(StateScope.PARTIAL);
                assertThat(next(context, 0)).isEqualTo(before);
            }
        }
    }

    @Test
    void closesTwiceAndRefusesUseAfterwards() {
        try (Context context = model.newContext(SmolModel.options().build())) {
            SmolModel.decode(context, batch, prompt, 0, 0);
            StateBuffer state = context.saveState(0, StateScope.WHOLE);
            state.close();
            state.close();

            assertThatIllegalStateException().isThrownBy(state::size);
            assertThatIllegalStateException().isThrownBy(() -> context.restoreState(0, state));
        }
    }
}
