package dev.corral.server.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.worker.Command;
import dev.corral.server.worker.Notice;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type that messages hold goes there and back, and bytes that are no message do no harm. */
class CodecTest {

    private static final long SEED = 20261121;
    private static final int VALUES = 30;

    static Stream<Class<?>> types() {
        return Schema.of(Command.class, Notice.class).types().stream()
                .filter(type -> type.isRecord() || type.isSealed() || type.isEnum());
    }

    private static <T> byte[] bytes(Codec<T> codec, T value) {
        WireOutput out = new WireOutput();
        codec.write(value, out);
        return out.toByteArray();
    }

    @Test
    void knowsAllMessagesOfTheEngine() {
        assertThat(Schema.of(Command.class, Notice.class).types())
                .contains(
                        Generate.class,
                        Event.Delta.class,
                        Event.Failed.class,
                        Query.Tokenize.class,
                        Query.Slots.class,
                        Prompt.Parts.class);
    }

    @ParameterizedTest
    @MethodSource("types")
    void comesBackAsItWas(Class<?> type) {
        Values values = new Values(SEED);
        Codec<Object> codec = Codecs.ofComponent(type);
        for (int i = 0; i < VALUES; i++) {
            Object value = values.of(type);
            byte[] bytes = bytes(codec, value);
            WireInput in = WireInput.of(bytes);
            Object back = codec.read(in);
            assertThat(in.remaining()).isZero();
            assertThat(back).as("seed %d", SEED).hasSameClassAs(value);
            assertThat(back)
                    .as("seed %d", SEED)
                    .usingRecursiveComparison()
                    .withEqualsForType(Double::equals, Double.class)
                    .withEqualsForType(Float::equals, Float.class)
                    .isEqualTo(value);
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void noticesThatItIsCutShort(Class<?> type) {
        Values values = new Values(SEED);
        Codec<Object> codec = Codecs.ofComponent(type);
        for (int i = 0; i < 10; i++) {
            byte[] whole = bytes(codec, values.of(type));
            for (int length = 0; length < Math.min(whole.length, 400); length++) {
                WireInput cut = new WireInput(whole, 0, length);
                assertThatExceptionOfType(MalformedFrame.class)
                        .as("%d of %d bytes, seed %d", length, whole.length, SEED)
                        .isThrownBy(() -> codec.read(cut));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void refusesOrReadsWhateverComes(Class<?> type) {
        Values values = new Values(SEED);
        Random random = new Random(SEED);
        Codec<Object> codec = Codecs.ofComponent(type);
        for (int i = 0; i < 100; i++) {
            byte[] bytes = bytes(codec, values.of(type));
            for (int flips = 1 + random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                codec.read(WireInput.of(bytes));
            } catch (MalformedFrame refused) {
                assertThat(refused).hasMessageMatching("(?s).+");
            }
        }
    }

    @Test
    void refusesWhatIsNoBranchAndNoConstant() {
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> Codecs.of(Command.class).read(WireInput.of(new byte[] {99})))
                .withMessage("no Command has the number 99");
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(
                        () -> Codecs.of(dev.corral.engine.FinishReason.class).read(WireInput.of(new byte[] {77})))
                .withMessage("no FinishReason has the number 77");
    }

    @Test
    void makesNothingOfALengthThatIsALie() {
        WireOutput out = new WireOutput();
        out.writeUnsigned(Integer.MAX_VALUE);
        for (Class<?> type : List.of(Tokens.class, byte[].class, float[].class, int[].class)) {
            assertThatExceptionOfType(MalformedFrame.class)
                    .isThrownBy(() -> Codecs.of(type).read(WireInput.of(out.toByteArray())))
                    .withMessageContaining("in 0 bytes");
        }
        WireOutput text = new WireOutput();
        text.writeLong(Long.MAX_VALUE);
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> WireInput.of(text.toByteArray()).readString());
    }

    @Test
    void refusesValuesNestedWithoutEnd() {
        // a prompt of parts, of parts, of parts …
        byte[] nested = new byte[100_000];
        for (int i = 0; i < nested.length; i += 2) {
            nested[i] = 2;
            nested[i + 1] = 1;
        }
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> Codecs.of(Prompt.class).read(WireInput.of(nested)))
                .withMessageContaining("nested");
    }

    @Test
    void aValueThatItsConstructorRefusesIsMalformed() {
        WireOutput out = new WireOutput();
        out.writeInt(5_000);
        out.writeBoolean(false);
        out.writeBoolean(false);
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> Codecs.of(dev.corral.engine.Logprobs.class).read(WireInput.of(out.toByteArray())))
                .withMessage("a value that Logprobs refuses");
    }

    @Test
    void aDeltaIsSmall() {
        byte[] bytes = bytes(
                Codecs.of(Notice.class),
                new Notice.Happened(17, new Event.Delta(0, " world", Tokens.of(905), List.of())));
        assertThat(bytes).hasSizeLessThan(16);
    }

    @Test
    void digestsDifferWithTheBuildAndTheTypes() {
        assertThat(Schema.of(Command.class).digest("a"))
                .isEqualTo(Schema.of(Command.class).digest("a"))
                .isNotEqualTo(Schema.of(Command.class).digest("b"))
                .isNotEqualTo(Schema.of(Notice.class).digest("a"));
    }
}
