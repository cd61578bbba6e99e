package dev.corral.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.llama.LlamaException;
import dev.corral.llama.Model;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    @TempDir
    Path folder;

    @Test
    void llamaCppReadsEveryTypeOfMetadata() {
        try (Model model = open(file -> file.put("test.u8", GgufValue.u8(200))
                .put("test.i8", GgufValue.i8(-3))
                .put("test.u16", GgufValue.u16(60_000))
                .put("test.i16", GgufValue.i16(-300))
                .put("test.u32", GgufValue.u32(-1))
                .put("test.i32", GgufValue.i32(-70_000))
                .put("test.u64", GgufValue.u64(1L << 40))
                .put("test.i64", GgufValue.i64(-(1L << 40)))
                .put("test.f32", 0.5f)
                .put("test.f64", GgufValue.f64(0.25))
                .put("test.bool", true)
                .put("test.string", "é🙂")
                .put("test.array", GgufValue.array(List.of(GgufValue.i16(1), GgufValue.i16(2))))
                .put("test.after", 7))) {
            assertThat(model.metadata())
                    .containsEntry("test.u8", "200")
                    .containsEntry("test.i8", "-3")
                    .containsEntry("test.u16", "60000")
                    .containsEntry("test.i16", "-300")
                    .containsEntry("test.u32", "4294967295")
                    .containsEntry("test.i32", "-70000")
                    .containsEntry("test.u64", "1099511627776")
                    .containsEntry("test.i64", "-1099511627776")
                    .containsEntry("test.f32", "0.500000")
                    .containsEntry("test.f64", "0.250000")
                    .containsEntry("test.bool", "true")
                    .containsEntry("test.string", "é🙂")
                    .containsEntry("test.after", "7");
        }
    }

    @Test
    void tensorsStandWhereTheAlignmentPutsThem() {
        for (int alignment : new int[] {8, 32, 256}) {
            GgufFile file = new GgufFile()
                    .alignment(alignment)
                    .tensor("one", TensorType.F32, new float[] {1, 2, 3}, 3)
                    .tensor("two", TensorType.F32, new float[] {4}, 1);
            ByteBuffer bytes = ByteBuffer.wrap(file.bytes()).order(ByteOrder.LITTLE_ENDIAN);

            assertThat(file.dataOffset() % alignment).isZero();
            assertThat(bytes.getFloat(file.dataOffset() + 8)).isEqualTo(3);
            assertThat(bytes.getFloat(file.dataOffset() + Math.max(alignment, 16 / alignment * alignment)))
                    .isEqualTo(4);
            assertThat(bytes.capacity() % alignment).isZero();
        }
    }

    @Test
    void llamaCppLoadsOtherAlignments() {
        try (Model model = open(file -> file.alignment(256))) {
            assertThat(model.layers()).isEqualTo(2);
        }
    }

    @Test
    void blocksKeepTheirValuesToWithinAStep() {
        float[] values = new Weights(5, 0).around(0, 1, "values", 64);
        ByteBuffer blocks = ByteBuffer.wrap(TensorType.Q8_0.encode(values)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            int block = i / 32 * 34;
            float scale = Float.float16ToFloat(blocks.getShort(block));

            assertThat(Math.abs(blocks.get(block + 2 + i % 32) * scale - values[i]))
                    .isLessThan(scale);
        }
        assertThat(blocks.capacity()).isEqualTo(68);
    }

    @Test
    void filesThatLieAreRefused() {
        assertRefused(file -> file.magic(0x46464646));
        assertRefused(file -> file.version(99));
        assertRefused(file -> file.declareTensors(1L << 60));
        assertRefused(file -> file.declareMetadata(1L << 60));
        assertRefused(file -> file.put("test.string", GgufValue.raw(8, (byte) -1, (byte) -1, (byte) -1, (byte) -1)));
        assertRefused(file -> file.put("test.unknown", GgufValue.raw(77)));
        assertRefused(file -> file.rawTensor("far", 0, new byte[32], OptionalLong.of(1L << 40), 8));
        long many = (1L << 40) + 1;
        assertRefused(file -> file.rawTensor("many", 0, new byte[32], OptionalLong.empty(), many, many));
        assertRefused(file -> file.rawTensor("typeless", 999, new byte[32], OptionalLong.empty(), 8));
    }

    @Test
    void aFileThatEndsTooSoonIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(TinyModels.llama(folder));
        Path half = Files.write(folder.resolve("half.gguf"), Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> Model.open(half)).isInstanceOf(LlamaException.class);
    }

    private void assertRefused(Consumer<GgufFile> lie) {
        Path path = write(lie);
        assertThatThrownBy(() -> Model.open(path)).isInstanceOf(LlamaException.class);
    }

    private Model open(Consumer<GgufFile> change) {
        return Model.open(write(change));
    }

    /** The tiny Llama, changed before it is written. */
    private Path write(Consumer<GgufFile> change) {
        GgufFile file = TinyModels.llamaFile(Recipe.named("changed"));
        change.accept(file);
        return file.write(folder.resolve("changed.gguf"));
    }
}
