package dev.corral.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A file with one to three things changed in it, all of them chosen by a seed. Some changes are blind; others know what
 * stands where, and leave a file that hangs together and is wrong only in what it means.
 */
final class Mutant {

    private static final long[] INTERESTING = {
        0,
        1,
        2,
        3,
        4,
        5,
        7,
        8,
        11,
        16,
        31,
        32,
        33,
        48,
        63,
        64,
        65,
        96,
        127,
        128,
        129,
        255,
        256,
        257,
        511,
        512,
        513,
        1000,
        1 << 15,
        1 << 16,
        (1 << 20) + 1,
        1 << 30,
        Integer.MAX_VALUE,
        1L << 31,
        (1L << 32) - 1,
        1L << 32,
        1L << 62,
        -1,
        Long.MIN_VALUE
    };

    private static final double[] REALS = {
        0, -0.0, 1, -1, 1e-30, 1e30, -1e30, 1e-5, 0.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
    };

    private static final TensorType[] TYPES = TensorType.values();

    private final Gguf original;
    private final Random random;
    private final StringBuilder told = new StringBuilder();
    private byte[] bytes;
    private ByteBuffer buffer;

    private Mutant(Gguf original, byte[] bytes, long seed) {
        this.original = original;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.bytes = bytes.clone();
        this.buffer = ByteBuffer.wrap(this.bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static Mutant of(Gguf original, byte[] bytes, long seed) {
        Mutant mutant = new Mutant(original, bytes, seed);
        int changes = 1 + (mutant.random.nextInt(3) == 0 ? 1 : 0) + (mutant.random.nextInt(9) == 0 ? 1 : 0);
        for (int i = 0; i < changes; i++) {
            mutant.change();
        }
        return mutant;
    }

    byte[] bytes() {
        return bytes;
    }

    /** What was changed, for whoever reads a failing test. */
    @Override
    public String toString() {
        return told.toString();
    }

    private void change() {
        switch (random.nextInt(20)) {
            case 0 -> flip();
            case 1 -> overwrite();
            case 2 -> truncate();
            case 3, 4, 5, 6, 7, 8, 9, 10 -> changeEntry();
            case 11, 12 -> renameEntry();
            case 13, 14 -> retype();
            case 15, 16 -> reshape();
            case 17 -> renameTensor();
            case 18 -> changeTensorField();
            default -> changeCount();
        }
    }

    private void tell(String change) {
        told.append(told.isEmpty() ? "" : "; ").append(change);
    }

    private int header() {
        return (int) Math.min(original.dataOffset(), bytes.length);
    }

    private void flip() {
        int at = random.nextInt(header());
        int bit = random.nextInt(8);
        bytes[at] ^= (byte) (1 << bit);
        tell("bit " + bit + " of byte " + at);
    }

    private void overwrite() {
        int at = random.nextInt(Math.max(1, header() - 8));
        long value = interesting();
        if (random.nextBoolean()) {
            buffer.putInt(at, (int) value);
        } else {
            buffer.putLong(at, value);
        }
        tell("byte " + at + " := " + value);
    }

    private void truncate() {
        int length = random.nextBoolean() ? random.nextInt(header()) : random.nextInt(bytes.length);
        resize(length);
        tell("cut to " + length);
    }

    private void resize(int length) {
        bytes = Arrays.copyOf(bytes, length);
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private long interesting() {
        return random.nextInt(3) == 0 ? random.nextInt(300) : INTERESTING[random.nextInt(INTERESTING.length)];
    }

    private String key() {
        List<String> keys = new ArrayList<>(original.metadata().keys());
        return keys.get(random.nextInt(keys.size()));
    }

    /** Where the bytes of an entry's value begin. */
    private int valueAt(String key) {
        return (int) original.metadata().position(key) + 8 + key.length() + 4;
    }

    private void changeEntry() {
        String key = key();
        int at = valueAt(key);
        Value value = original.metadata().find(key).orElseThrow();
        if (at + 32 > bytes.length) {
            return;
        }
        switch (value) {
            case Value.Array array -> changeArray(key, array, at);
            case Value.Text text -> changeText(key, text, at);
            case Value.Truth truth -> {
                bytes[at] ^= 1;
                tell(key + " := " + !truth.value());
            }
            case Value.Whole whole -> {
                long number = random.nextInt(3) == 0 ? whole.value() + random.nextInt(5) - 2 : interesting();
                put(whole.type(), at, number);
                tell(key + " := " + number);
            }
            case Value.Real real -> {
                double number = REALS[random.nextInt(REALS.length)];
                if (real.type() == ValueType.F32) {
                    buffer.putFloat(at, (float) number);
                } else {
                    buffer.putDouble(at, number);
                }
                tell(key + " := " + number);
            }
        }
    }

    private void put(ValueType type, int at, long number) {
        switch (type.size()) {
            case 1 -> bytes[at] = (byte) number;
            case 2 -> buffer.putShort(at, (short) number);
            case 4 -> buffer.putInt(at, (int) number);
            default -> buffer.putLong(at, number);
        }
    }

    private void changeText(String key, Value.Text text, int at) {
        if (text.length() == 0) {
            return;
        }
        int place = at + 8 + random.nextInt(text.length());
        if (place < bytes.length) {
            bytes[place] = (byte) random.nextInt(256);
            tell("a letter of " + key);
        }
    }

    private void changeArray(String key, Value.Array array, int at) {
        switch (random.nextInt(4)) {
            case 0 -> {
                ValueType type = ValueType.values()[random.nextInt(13)];
                buffer.putInt(at, type.ordinal());
                tell(key + " of " + type);
            }
            case 1 -> {
                long length = random.nextBoolean() ? interesting() : array.length() + random.nextInt(9) - 4;
                buffer.putLong(at + 4, length);
                tell(key + " has " + length);
            }
            default -> changeElement(key, array, at + 12);
        }
    }

    private void changeElement(String key, Value.Array array, int at) {
        int index = random.nextInt(Math.max(1, array.length()));
        if (array.elementType() == ValueType.STRING) {
            List<int[]> places = new ArrayList<>();
            array.forEachString((position, length) -> places.add(new int[] {position, length}));
            int[] place = places.get(index);
            int[] other = places.get(random.nextInt(places.size()));
            if (random.nextInt(4) == 0) {
                buffer.putLong(place[0] - 8, interesting());
                tell(key + "[" + index + "] has another length");
            } else if (random.nextBoolean() && place[1] == other[1] && place[0] + place[1] <= bytes.length) {
                System.arraycopy(bytes, other[0], bytes, place[0], place[1]);
                tell(key + "[" + index + "] repeated");
            } else if (place[1] > 0) {
                bytes[place[0] + random.nextInt(place[1])] = (byte) random.nextInt(256);
                tell("a letter of " + key + "[" + index + "]");
            }
        } else {
            long number = interesting();
            put(array.elementType(), at + index * array.elementType().size(), number);
            tell(key + "[" + index + "] := " + number);
        }
    }

    private void renameEntry() {
        String key = key();
        int last = (int) original.metadata().position(key) + 8 + key.length() - 1;
        if (last < bytes.length) {
            bytes[last] ^= 1;
            tell("no " + key);
        }
    }

    private TensorInfo tensor() {
        List<TensorInfo> tensors = original.tensors();
        return tensors.get(random.nextInt(tensors.size()));
    }

    private static int dimensionsAt(TensorInfo tensor) {
        return (int) tensor.position() + 8 + tensor.name().length();
    }

    private void renameTensor() {
        TensorInfo tensor = tensor();
        int at = (int) tensor.position() + 8 + random.nextInt(tensor.name().length());
        if (at < bytes.length) {
            bytes[at] ^= 1;
            tell("another name for " + tensor.name());
        }
    }

    private void changeTensorField() {
        TensorInfo tensor = tensor();
        int at =
                dimensionsAt(tensor) + 4 * random.nextInt(3 + 2 * tensor.shape().size());
        if (at + 8 <= bytes.length) {
            long value = interesting();
            buffer.putInt(at, (int) value);
            tell("byte " + at + " of " + tensor.name() + " := " + (int) value);
        }
    }

    private void changeCount() {
        int at = 8 + 8 * random.nextInt(2);
        if (at + 8 <= bytes.length) {
            long count = random.nextBoolean() ? interesting() : buffer.getLong(at) + random.nextInt(7) - 3;
            buffer.putLong(at, count);
            tell("count at " + at + " := " + count);
        }
    }

    private void retype() {
        TensorInfo tensor = tensor();
        TensorType type = TYPES[random.nextInt(TYPES.length)];
        if (tensor.dimension(0) % type.blockSize() == 0) {
            relay(tensor, type, tensor.shape());
            tell(tensor.name() + " of " + type);
        }
    }

    private void reshape() {
        TensorInfo tensor = tensor();
        if (tensor.shape().isEmpty()) {
            return;
        }
        List<Long> shape = new ArrayList<>(tensor.shape());
        int index = random.nextInt(shape.size());
        long[] sizes = {0, 1, shape.get(index) * 2, shape.get(index) / 2, shape.get(index) + 32, shape.get(index) + 1};
        shape.set(index, sizes[random.nextInt(sizes.length)]);
        if (shape.getFirst() % tensor.type().blockSize() == 0) {
            relay(tensor, tensor.type(), shape);
            tell(tensor.name() + " of " + shape);
        }
    }

    /** Describes a tensor anew, and moves those behind it to where they must be then. */
    private void relay(TensorInfo changed, TensorType type, List<Long> shape) {
        if (original.dataOffset() > bytes.length) {
            return;
        }
        long offset = 0;
        for (TensorInfo tensor : original.tensors()) {
            boolean here = tensor.name().equals(changed.name());
            int at = dimensionsAt(tensor) + 4;
            List<Long> dimensions = here ? shape : tensor.shape();
            for (long dimension : dimensions) {
                buffer.putLong(at, dimension);
                at += 8;
            }
            TensorType stored = here ? type : tensor.type();
            buffer.putInt(at, stored.id());
            buffer.putLong(at + 4, offset);
            long numbers = dimensions.stream().reduce(1L, (a, b) -> a * b);
            long size = numbers / stored.blockSize() * stored.blockBytes();
            offset += (size + original.alignment() - 1) / original.alignment() * original.alignment();
        }
        resize((int) (original.dataOffset() + offset));
    }
}
