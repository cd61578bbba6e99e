package dev.corral.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.testing.GgufFile;
import dev.corral.testing.GgufValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTest {

    private static final int F32 = 0;

    @TempDir
    Path folder;

    @Test
    void everyTypeOfMetadataIsRead() {
        Gguf gguf = read(new GgufFile()
                .put("u8", GgufValue.u8(200))
                .put("i8", GgufValue.i8(-3))
                .put("u16", GgufValue.u16(60_000))
                .put("i16", GgufValue.i16(-300))
                .put("u32", -1)
                .put("i32", GgufValue.i32(-70_000))
                .put("u64", GgufValue.u64(1L << 40))
                .put("i64", GgufValue.i64(-(1L << 40)))
                .put("f32", 0.5f)
                .put("f64", GgufValue.f64(0.25))
                .put("bool", true)
                .put("string", "é🙂")
                .put("strings", GgufValue.strings(List.of("a", "", "ü")))
                .put("i32s", GgufValue.i32s(1, -2))
                .put("f32s", GgufValue.f32s(0.5f, -1)));

        Metadata metadata = gguf.metadata();
        assertThat(metadata.whole("u8")).hasValue(200);
        assertThat(metadata.whole("i8")).hasValue(-3);
        assertThat(metadata.whole("u16")).hasValue(60_000);
        assertThat(metadata.whole("i16")).hasValue(-300);
        assertThat(metadata.whole("u32")).hasValue(0xFFFFFFFFL);
        assertThat(metadata.whole("i32")).hasValue(-70_000);
        assertThat(metadata.whole("u64")).hasValue(1L << 40);
        assertThat(metadata.whole("i64")).hasValue(-(1L << 40));
        assertThat(metadata.real("f32")).hasValue(0.5);
        assertThat(metadata.real("f64")).hasValue(0.25);
        assertThat(metadata.find("bool")).contains(new Value.Truth(true));
        assertThat(metadata.text("string")).contains("é🙂");
        assertThat(metadata.array("strings").orElseThrow().strings()).containsExactly("a", "", "ü");
        assertThat(metadata.array("i32s").orElseThrow().whole(1)).isEqualTo(-2);
        assertThat(metadata.array("f32s").orElseThrow().real(1)).isEqualTo(-1);
        assertThat(metadata.whole("string")).isEmpty();
        assertThat(metadata.text("absent")).isEmpty();
        assertThat(metadata.position("u8")).isEqualTo(24);
    }

    @Test
    void tensorsAreDescribed() {
        Gguf gguf = read(new GgufFile()
                .alignment(64)
                .rawTensor("a", TensorType.Q8_0.id(), new byte[34 * 2 * 3], OptionalLong.empty(), 64, 3)
                .rawTensor("b", F32, new byte[4], OptionalLong.empty()));

        assertThat(gguf.version()).isEqualTo(3);
        assertThat(gguf.alignment()).isEqualTo(64);
        assertThat(gguf.tensors()).extracting(TensorInfo::name).containsExactly("a", "b");
        TensorInfo a = gguf.tensor("a").orElseThrow();
        assertThat(a.type()).isEqualTo(TensorType.Q8_0);
        assertThat(a.shape()).containsExactly(64L, 3L);
        assertThat(a.dimension(2)).isEqualTo(1);
        assertThat(a.elements()).isEqualTo(192);
        assertThat(a.size()).isEqualTo(204);
        assertThat(a.offset()).isEqualTo(gguf.dataOffset());
        assertThat(gguf.tensor("b").orElseThrow().offset()).isEqualTo(gguf.dataOffset() + 256);
        assertThat(gguf.tensor("b").orElseThrow().elements()).isEqualTo(1);
    }

    @Test
    void versionTwoIsReadToo() {
        assertThat(read(new GgufFile().version(2)).version()).isEqualTo(2);
    }

    @Test
    void whatIsNoGgufFileIsRefused() throws IOException {
        assertRefused(Files.writeString(folder.resolve("text"), "hello, world"))
                .hasMessageContaining("is not a GGUF file");
        assertRefused(Files.write(folder.resolve("empty"), new byte[0])).hasMessageContaining("is not a GGUF file");
        assertRefused(folder.resolve("absent.gguf")).hasMessage("absent.gguf does not exist");
        assertRefused(new GgufFile().magic(0x46554748)).hasMessageContaining("is not a GGUF file");
    }

    @ParameterizedTest
    @CsvSource({"0, only 2 and 3", "1, only 2 and 3", "4, only 2 and 3", "0x03000000, big-endian"})
    void otherVersionsAreRefused(String version, String why) {
        assertRefused(new GgufFile().version(Integer.decode(version))).hasMessageContaining(why);
    }

    @Test
    void aCutHeaderIsRefusedWhereverItEnds() throws IOException {
        byte[] whole = new GgufFile()
                .put("key", GgufValue.strings(List.of("a", "bc")))
                .put("count", 3)
                .rawTensor("t", F32, new byte[64], OptionalLong.empty(), 16)
                .bytes();
        for (int length = 0; length < whole.length; length++) {
            assertRefused(Files.write(folder.resolve("cut.gguf"), Arrays.copyOf(whole, length)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 65_537, 1L << 62, 4})
    void countsBeyondTheFileAreRefused(long count) {
        assertRefused(new GgufFile().put("a", 1).declareMetadata(count));
        assertRefused(new GgufFile().put("a", 1).declareTensors(count));
    }

    @Test
    void lengthsBeyondTheFileAreRefused() {
        for (long length : new long[] {-1, 1L << 40, Long.MIN_VALUE, 100}) {
            assertRefused(new GgufFile().put("a", GgufValue.raw(8, little(length))))
                    .hasMessageContaining("metadata a at byte 37 is")
                    .hasMessageContaining("bytes long, but the file ends");
            assertRefused(new GgufFile().put("a", GgufValue.raw(9, array(4, length))))
                    .hasMessageContaining("metadata a")
                    .hasMessageContaining("is an array of");
            assertRefused(new GgufFile().put("a", GgufValue.raw(9, array(8, length))));
        }
    }

    @Test
    void arraysOfArraysAreRefused() {
        assertRefused(new GgufFile().put("a", GgufValue.array(List.of(GgufValue.i32s(1)))))
                .hasMessageContaining("array of arrays");
    }

    @Test
    void unknownTypesOfMetadataAreRefused() {
        assertRefused(new GgufFile().put("a", GgufValue.raw(13))).hasMessageContaining("has the type 13");
        assertRefused(new GgufFile().put("a", GgufValue.raw(9, array(77, 0)))).hasMessageContaining("has the type 77");
    }

    @Test
    void keysMustBeThereOnceAndNotEmpty() throws IOException {
        byte[] twice = new GgufFile().put("ab", 1).put("ac", 2).bytes();
        twice[24 + 8 + 2 + 4 + 4 + 8 + 1] = 'b';
        assertRefused(Files.write(folder.resolve("twice.gguf"), twice))
                .hasMessageContaining("metadata ab at byte 42 is there twice");
        assertRefused(new GgufFile().put("", 1)).hasMessageContaining("is 0 bytes long");
        assertRefused(new GgufFile().put("a\0b", 1)).hasMessageContaining("NUL");
    }

    @Test
    void namesMustBeThereOnceAndShort() {
        assertRefused(new GgufFile()
                        .rawTensor("a", F32, new byte[32], OptionalLong.empty(), 8)
                        .rawTensor("a", F32, new byte[32], OptionalLong.empty(), 8))
                .hasMessageContaining("tensor a at byte")
                .hasMessageContaining("is there twice");
        assertThat(read(new GgufFile().rawTensor("n".repeat(63), F32, new byte[4], OptionalLong.empty(), 1))
                        .tensors())
                .hasSize(1);
        assertRefused(new GgufFile().rawTensor("n".repeat(64), F32, new byte[4], OptionalLong.empty(), 1))
                .hasMessageContaining("is 64 bytes long, but must be at most 63");
    }

    @Test
    void alignmentMustBeAPowerOfTwo() {
        assertRefused(new GgufFile().put("general.alignment", 0)).hasMessageContaining("power of two");
        assertRefused(new GgufFile().put("general.alignment", 48)).hasMessageContaining("power of two");
        assertRefused(new GgufFile().put("general.alignment", GgufValue.u64(32)))
                .hasMessageContaining("must be U32");
    }

    @Test
    void shapesMustMakeSense() {
        assertRefused(tensor(F32, 4, 1, 1, 1, 1, 1)).hasMessageContaining("has 5 dimensions");
        assertRefused(tensor(F32, 4, -1)).hasMessageContaining("dimension of 18446744073709551615");
        // the product is 0 in 64 bits, which ggml takes for an empty tensor
        assertRefused(tensor(F32, 4, 1L << 32, 1L << 32)).hasMessageContaining("beyond 64 bits");
        assertRefused(tensor(F32, 4, 1L << 31, 1L << 31, 1L << 31)).hasMessageContaining("beyond 64 bits");
        assertRefused(tensor(F32, 4, 0, 1L << 62, 1L << 62)).hasMessageContaining("beyond 64 bits");
        assertRefused(tensor(F32, 4, 1L << 61)).hasMessageContaining("beyond 64 bits");
        assertRefused(tensor(TensorType.Q4_K.id(), 144, 128)).hasMessageContaining("no multiple of the 256");
    }

    @ParameterizedTest
    @CsvSource({"4, removed", "33, removed", "38, removed", "43, unknown", "-1, unknown"})
    void typesOfTensorsMustBeKnown(int type, String why) {
        assertRefused(tensor(type, 4, 1)).hasMessageContaining("tensor t").hasMessageContaining(why);
    }

    @Test
    void tensorsLieOneBehindTheOtherWithinTheFile() {
        assertRefused(new GgufFile().rawTensor("a", F32, new byte[32], OptionalLong.of(32), 8))
                .hasMessageContaining("offset 32, but must have it at 0");
        assertRefused(new GgufFile()
                        .rawTensor("a", F32, new byte[32], OptionalLong.empty(), 8)
                        .rawTensor("b", F32, new byte[32], OptionalLong.of(0), 8))
                .hasMessageContaining("tensor b")
                .hasMessageContaining("offset 0, but must have it at 32");
        assertRefused(new GgufFile().rawTensor("a", F32, new byte[32], OptionalLong.empty(), 9))
                .hasMessageContaining("has 36 bytes of data")
                .hasMessageContaining("not downloaded to its end");
    }

    @Test
    void theErrorSaysWhere() {
        Path file = new GgufFile().put("general.alignment", 3).write(folder.resolve("odd.gguf"));
        assertThatThrownBy(() -> Gguf.read(file))
                .hasMessage("odd.gguf: metadata general.alignment at byte 24 is 3, but must be a power of two")
                .isInstanceOfSatisfying(GgufException.class, e -> {
                    assertThat(e.file()).isEqualTo(file);
                    assertThat(e.place()).isEqualTo("metadata general.alignment");
                    assertThat(e.offset()).isEqualTo(24);
                });
    }

    private static GgufFile tensor(int type, int size, long... shape) {
        return new GgufFile().rawTensor("t", type, new byte[size], OptionalLong.empty(), shape);
    }

    private Gguf read(GgufFile file) {
        return Gguf.read(file.write(folder.resolve("file.gguf")));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(GgufFile file) {
        return assertRefused(file.write(folder.resolve("wrong.gguf")));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Path file) {
        return assertThatThrownBy(() -> Gguf.read(file)).isInstanceOf(GgufException.class);
    }

    private static byte[] little(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static byte[] array(int type, long length) {
        return ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putLong(length)
                .array();
    }
}
