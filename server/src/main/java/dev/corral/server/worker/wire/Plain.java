package dev.corral.server.worker.wire;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Tokens;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Types whose values are not taken apart any further. */
final class Plain {

    private static final int NANOS = 1_000_000_000;

    private Plain() {}

    private record Leaf<T>(BiConsumer<T, WireOutput> writer, Function<WireInput, T> reader) implements Codec<T> {
        @Override
        public void write(T value, WireOutput out) {
            writer.accept(value, out);
        }

        @Override
        public T read(WireInput in) {
            return reader.apply(in);
        }
    }

    private static final class Table {
        private final Map<Class<?>, Codec<?>> codecs = new HashMap<>();

        private <T> Table add(Class<T> type, BiConsumer<T, WireOutput> writer, Function<WireInput, T> reader) {
            codecs.put(type, new Leaf<>(writer, reader));
            return this;
        }

        private <T> Table both(
                Class<T> boxed, Class<T> primitive, BiConsumer<T, WireOutput> writer, Function<WireInput, T> reader) {
            return add(boxed, writer, reader).add(primitive, writer, reader);
        }
    }

    static Map<Class<?>, Codec<?>> codecs() {
        return Map.copyOf(new Table()
                .both(Boolean.class, boolean.class, (value, out) -> out.writeBoolean(value), WireInput::readBoolean)
                .both(Integer.class, int.class, (value, out) -> out.writeInt(value), WireInput::readInt)
                .both(Long.class, long.class, (value, out) -> out.writeLong(value), WireInput::readLong)
                .both(Float.class, float.class, (value, out) -> out.writeFloat(value), WireInput::readFloat)
                .both(Double.class, double.class, (value, out) -> out.writeDouble(value), WireInput::readDouble)
                .add(String.class, (value, out) -> out.writeString(value), WireInput::readString)
                .add(Path.class, (value, out) -> out.writeString(value.toString()), Plain::readPath)
                .add(Duration.class, Plain::writeDuration, Plain::readDuration)
                .add(Tokens.class, Plain::writeTokens, in -> Tokens.of(readInts(in)))
                .add(MediaFile.class, (value, out) -> out.writeBytes(value.toBytes()), Plain::readMedia)
                .add(byte[].class, (value, out) -> out.writeBytes(value), WireInput::readBytes)
                .add(int[].class, Plain::writeInts, Plain::readInts)
                .add(float[].class, Plain::writeFloats, Plain::readFloats)
                .add(double[].class, Plain::writeDoubles, Plain::readDoubles)
                .add(OptionalInt.class, Plain::writeOptionalInt, Plain::readOptionalInt)
                .add(OptionalLong.class, Plain::writeOptionalLong, Plain::readOptionalLong)
                .add(OptionalDouble.class, Plain::writeOptionalDouble, Plain::readOptionalDouble)
                .codecs);
    }

    private static MediaFile readMedia(WireInput in) {
        try {
            return MediaFile.of("prompt", in.readBytes());
        } catch (InvalidRequestException e) {
            throw new MalformedFrame("neither an image nor sound", e);
        }
    }

    private static Path readPath(WireInput in) {
        try {
            return Path.of(in.readString());
        } catch (InvalidPathException e) {
            throw new MalformedFrame("no path", e);
        }
    }

    private static void writeDuration(Duration value, WireOutput out) {
        out.writeLong(value.getSeconds());
        out.writeUnsigned(value.getNano());
    }

    private static Duration readDuration(WireInput in) {
        long seconds = in.readLong();
        int nanos = in.readUnsigned();
        if (nanos < 0 || nanos >= NANOS) {
            throw new MalformedFrame("a second of " + nanos + " nanoseconds");
        }
        try {
            return Duration.ofSeconds(seconds, nanos);
        } catch (ArithmeticException | DateTimeException e) {
            throw new MalformedFrame("no duration", e);
        }
    }

    private static void writeTokens(Tokens value, WireOutput out) {
        int size = value.size();
        out.writeUnsigned(size);
        for (int i = 0; i < size; i++) {
            out.writeInt(value.get(i));
        }
    }

    private static void writeInts(int[] value, WireOutput out) {
        out.writeUnsigned(value.length);
        for (int number : value) {
            out.writeInt(number);
        }
    }

    private static int[] readInts(WireInput in) {
        int[] value = new int[in.readCount()];
        for (int i = 0; i < value.length; i++) {
            value[i] = in.readInt();
        }
        return value;
    }

    private static void writeFloats(float[] value, WireOutput out) {
        out.writeUnsigned(value.length);
        for (float number : value) {
            out.writeFloat(number);
        }
    }

    private static float[] readFloats(WireInput in) {
        float[] value = new float[counted(in, Float.BYTES)];
        for (int i = 0; i < value.length; i++) {
            value[i] = in.readFloat();
        }
        return value;
    }

    private static void writeDoubles(double[] value, WireOutput out) {
        out.writeUnsigned(value.length);
        for (double number : value) {
            out.writeDouble(number);
        }
    }

    private static double[] readDoubles(WireInput in) {
        double[] value = new double[counted(in, Double.BYTES)];
        for (int i = 0; i < value.length; i++) {
            value[i] = in.readDouble();
        }
        return value;
    }

    private static int counted(WireInput in, int bytesEach) {
        int count = in.readCount();
        if (count > in.remaining() / bytesEach) {
            throw new MalformedFrame(count + " numbers in " + in.remaining() + " bytes");
        }
        return count;
    }

    private static void writeOptionalInt(OptionalInt value, WireOutput out) {
        out.writeBoolean(value.isPresent());
        value.ifPresent(out::writeInt);
    }

    private static OptionalInt readOptionalInt(WireInput in) {
        return in.readBoolean() ? OptionalInt.of(in.readInt()) : OptionalInt.empty();
    }

    private static void writeOptionalLong(OptionalLong value, WireOutput out) {
        out.writeBoolean(value.isPresent());
        value.ifPresent(out::writeLong);
    }

    private static OptionalLong readOptionalLong(WireInput in) {
        return in.readBoolean() ? OptionalLong.of(in.readLong()) : OptionalLong.empty();
    }

    private static void writeOptionalDouble(OptionalDouble value, WireOutput out) {
        out.writeBoolean(value.isPresent());
        value.ifPresent(out::writeDouble);
    }

    private static OptionalDouble readOptionalDouble(WireInput in) {
        return in.readBoolean() ? OptionalDouble.of(in.readDouble()) : OptionalDouble.empty();
    }
}
