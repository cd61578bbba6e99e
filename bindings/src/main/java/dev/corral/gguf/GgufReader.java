package dev.corral.gguf;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one file's header, and refuses what ggml's own reader would refuse, or should. For one thread. */
final class GgufReader {

    /** Far above what any model has; ggml compares each entry with all before it. */
    private static final int MOST_ENTRIES = 1 << 16;

    private static final int MAGIC = 0x46554747;
    private static final int HEADER_SIZE = 24;
    private static final int MOST_KEY_BYTES = 0xFFFF;
    private static final int MOST_NAME_BYTES = 63;
    private static final int MOST_DIMENSIONS = 4;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final String ALIGNMENT = "general.alignment";

    private final Path file;
    private final long size;
    private final Bytes bytes;
    private final Cursor cursor;
    private final Metadata metadata = new Metadata();
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    private GgufReader(Path file, long size, Bytes bytes) {
        this.file = file;
        this.size = size;
        this.bytes = bytes;
        this.cursor = new Cursor(file, bytes);
    }

    static Gguf read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            MappedByteBuffer map = channel.map(MapMode.READ_ONLY, 0, Math.min(size, Integer.MAX_VALUE));
            map.order(ByteOrder.LITTLE_ENDIAN);
            return new GgufReader(file, size, new Bytes(map)).read();
        } catch (NoSuchFileException e) {
            throw new GgufException(file, "does not exist");
        } catch (IOException e) {
            throw new GgufException(file, "can't be read: " + e.getMessage());
        } catch (InternalError e) {
            // what the JVM makes of a fault in mapped memory
            throw new GgufException(file, "was cut short while it was read");
        }
    }

    private Gguf read() {
        int version = readVersion();
        int tensorCount = readCount("the number of tensors");
        int entryCount = readCount("the number of metadata entries");
        for (int i = 0; i < entryCount; i++) {
            readEntry(i);
        }
        int alignment = readAlignment();
        List<Described> described = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            described.add(readTensor(i));
        }
        long dataOffset = tensorCount == 0 ? cursor.position() : padded(cursor.position(), alignment);
        place(described, dataOffset, alignment);
        return new Gguf(file, size, version, alignment, dataOffset, metadata, tensors);
    }

    private int readVersion() {
        if (size < Integer.BYTES || bytes.intAt(0) != MAGIC) {
            throw new GgufException(file, "is not a GGUF file: it does not begin with the letters GGUF");
        }
        if (size < HEADER_SIZE) {
            throw new GgufException(file, "is cut off: it has " + size + " bytes, but a header alone has 24");
        }
        cursor.skip(Integer.BYTES);
        int version = cursor.nextInt("the version");
        if ((version & 0xFFFF) == 0 && version != 0) {
            throw new GgufException(file, "is big-endian; only little-endian files can be loaded");
        }
        if (version != 2 && version != 3) {
            throw new GgufException(
                    file,
                    "the version",
                    Integer.BYTES,
                    "is " + Integer.toUnsignedString(version) + ", but only 2 and 3 can be loaded");
        }
        return version;
    }

    private int readCount(String what) {
        long count = cursor.nextLong(what);
        if (count < 0 || count > MOST_ENTRIES) {
            throw new GgufException(
                    file,
                    what,
                    cursor.position() - Long.BYTES,
                    "is " + Long.toUnsignedString(count) + ", but must be 0 to " + MOST_ENTRIES);
        }
        return (int) count;
    }

    private void readEntry(int index) {
        int position = cursor.position();
        String what = "the key of metadata entry " + index;
        int length = cursor.nextLength(what);
        if (length == 0 || length > MOST_KEY_BYTES) {
            throw new GgufException(
                    file, what, position, "is " + length + " bytes long, but must be 1 to " + MOST_KEY_BYTES);
        }
        String key = readText(length, what, position);
        String place = "metadata " + key;
        if (!metadata.add(key, position, readValue(place))) {
            throw new GgufException(file, place, position, "is there twice");
        }
    }

    /** A key or a name: llama.cpp would take it to end at a NUL. */
    private String readText(int length, String what, int position) {
        int start = cursor.position();
        if (bytes.untilNul(start, length) < length) {
            throw new GgufException(file, what, position, "has a NUL in it");
        }
        cursor.skip(length);
        return bytes.text(start, length);
    }

    private Value readValue(String place) {
        int position = cursor.position();
        ValueType type = readType(place);
        if (type == ValueType.ARRAY) {
            return readArray(place);
        }
        if (type == ValueType.STRING) {
            int length = cursor.nextLength(place);
            Value.Text text = new Value.Text(bytes, cursor.position(), length);
            cursor.skip(length);
            return text;
        }
        if (cursor.remaining() < type.size()) {
            throw new GgufException(file, place, position, "is cut off: the file ends at byte " + size);
        }
        Value value = scalar(type, cursor.position());
        cursor.skip(type.size());
        return value;
    }

    private ValueType readType(String place) {
        int position = cursor.position();
        int id = cursor.nextInt(place);
        ValueType type = ValueType.of(id);
        if (type == null) {
            throw new GgufException(
                    file, place, position, "has the type " + Integer.toUnsignedString(id) + ", but types are 0 to 12");
        }
        return type;
    }

    private Value scalar(ValueType type, int at) {
        return switch (type) {
            case F32 -> new Value.Real(type, Float.intBitsToFloat(bytes.intAt(at)));
            case F64 -> new Value.Real(type, Double.longBitsToDouble(bytes.longAt(at)));
            case BOOL -> new Value.Truth(bytes.byteAt(at) != 0);
            default -> new Value.Whole(type, new Value.Array(bytes, type, at, 1).whole(0));
        };
    }

    private Value readArray(String place) {
        int position = cursor.position();
        ValueType element = readType(place);
        if (element == ValueType.ARRAY) {
            throw new GgufException(file, place, position, "is an array of arrays, which llama.cpp can't read");
        }
        long count = cursor.nextLong(place);
        int least = element == ValueType.STRING ? Long.BYTES : element.size();
        if (count < 0 || count > cursor.remaining() / least) {
            throw new GgufException(
                    file,
                    place,
                    position,
                    "is an array of " + Long.toUnsignedString(count) + " values, but the file ends "
                            + cursor.remaining() + " bytes later");
        }
        Value.Array array = new Value.Array(bytes, element, cursor.position(), (int) count);
        if (element == ValueType.STRING) {
            cursor.skipStrings((int) count, place);
        } else {
            cursor.skip((int) count * least);
        }
        return array;
    }

    private int readAlignment() {
        Value value = metadata.get(ALIGNMENT);
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        String place = "metadata " + ALIGNMENT;
        long position = metadata.position(ALIGNMENT);
        if (!(value instanceof Value.Whole(ValueType type, long alignment)) || type != ValueType.U32) {
            throw new GgufException(file, place, position, "is of type " + value.type() + ", but must be U32");
        }
        if (Long.bitCount(alignment) != 1 || alignment > 1 << 30) {
            throw new GgufException(file, place, position, "is " + alignment + ", but must be a power of two");
        }
        return (int) alignment;
    }

    private record Described(String name, TensorType type, List<Long> shape, long offset, long size, long position) {}

    private Described readTensor(int index) {
        int position = cursor.position();
        String what = "the name of tensor " + index;
        int length = cursor.nextLength(what);
        if (length > MOST_NAME_BYTES) {
            throw new GgufException(
                    file, what, position, "is " + length + " bytes long, but must be at most " + MOST_NAME_BYTES);
        }
        String name = readText(length, what, position);
        String place = "tensor " + name;
        int dimensions = cursor.nextInt(place);
        if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
            throw new GgufException(
                    file,
                    place,
                    position,
                    "has " + Integer.toUnsignedString(dimensions) + " dimensions, but must have 0 to 4");
        }
        List<Long> shape = new ArrayList<>(dimensions);
        for (int i = 0; i < dimensions; i++) {
            long dimension = cursor.nextLong(place);
            if (dimension < 0) {
                throw new GgufException(
                        file, place, position, "has a dimension of " + Long.toUnsignedString(dimension));
            }
            shape.add(dimension);
        }
        TensorType type = readTensorType(place);
        return new Described(name, type, shape, cursor.nextLong(place), sizeOf(type, shape, place, position), position);
    }

    private TensorType readTensorType(String place) {
        int position = cursor.position();
        int id = cursor.nextInt(place);
        TensorType type = TensorType.of(id);
        if (type == null) {
            throw new GgufException(
                    file,
                    place,
                    position,
                    id >= 0 && id < TensorType.COUNT
                            ? "is of type " + id + ", which was removed from GGUF files"
                            : "is of the unknown type " + Integer.toUnsignedString(id));
        }
        return type;
    }

    /** Bytes of a tensor. A dimension of 0 hides how large the others are, so their product must be sound too. */
    private long sizeOf(TensorType type, List<Long> shape, String place, long position) {
        long row = shape.isEmpty() ? 1 : shape.getFirst();
        if (row % type.blockSize() != 0) {
            throw new GgufException(
                    file,
                    place,
                    position,
                    "has rows of " + row + ", which are no multiple of the " + type.blockSize() + " of a block of "
                            + type);
        }
        long numbers = 1;
        boolean empty = false;
        try {
            for (long dimension : shape) {
                empty |= dimension == 0;
                numbers = Math.multiplyExact(numbers, Math.max(1, dimension));
            }
            long bytesOfAll = Math.multiplyExact(numbers, (long) type.blockBytes());
            return empty ? 0 : type.blockSize() == 1 ? bytesOfAll : numbers / type.blockSize() * type.blockBytes();
        } catch (ArithmeticException e) {
            throw new GgufException(file, place, position, "has the shape " + shape + ", whose size is beyond 64 bits");
        }
    }

    /** Each tensor's data must begin where that of the one before ends, padded; so none overlap. */
    private void place(List<Described> described, long dataOffset, int alignment) {
        long expected = 0;
        for (Described tensor : described) {
            String place = "tensor " + tensor.name;
            if (tensor.offset != expected) {
                throw new GgufException(
                        file,
                        place,
                        tensor.position,
                        "has its data at offset " + Long.toUnsignedString(tensor.offset) + ", but must have it at "
                                + expected + ", behind the tensor before it");
            }
            long begin = dataOffset + tensor.offset;
            if (begin > size || tensor.size > size - begin) {
                throw new GgufException(
                        file,
                        place,
                        tensor.position,
                        "has " + tensor.size + " bytes of data from byte " + begin + " on, but the file ends at byte "
                                + size + ": it is damaged, or was not downloaded to its end");
            }
            expected = padded(expected + tensor.size, alignment);
            TensorInfo info =
                    new TensorInfo(tensor.name, tensor.type, tensor.shape, begin, tensor.size, tensor.position);
            if (tensors.putIfAbsent(tensor.name, info) != null) {
                throw new GgufException(file, place, tensor.position, "is there twice");
            }
        }
    }

    private static long padded(long position, int alignment) {
        return (position + alignment - 1) & -(long) alignment;
    }
}
